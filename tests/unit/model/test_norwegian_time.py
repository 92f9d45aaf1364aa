"""The Norwegian offset, with the standard library's time zones as the oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars import col

from kpr_stream.model.norwegian_time import norwegian_offset

OSLO = ZoneInfo("Europe/Oslo")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _offset(start: int) -> int:
    found: int = pl.DataFrame({"s": [start]}).select(norwegian_offset(col("s"))).item()
    return found


@given(st.datetimes(datetime(2016, 1, 1), datetime(2037, 12, 31)))  # noqa: DTZ001 - UTC by the next line
def test_as_the_oracle(moment: datetime) -> None:
    start = moment.replace(tzinfo=UTC)
    offset = start.astimezone(OSLO).utcoffset() or timedelta()
    assert _offset((start - _EPOCH) // timedelta(microseconds=1)) == offset / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (datetime(2024, 3, 31, 1, tzinfo=UTC), 60, 120),
        (datetime(2024, 10, 27, 1, tzinfo=UTC), 120, 60),
        (datetime(2025, 3, 30, 1, tzinfo=UTC), 60, 120),
    ],
)
def test_to_the_microsecond_when_the_clocks_change(
    change: datetime, before: int, after: int
) -> None:
    start = (change - _EPOCH) // timedelta(microseconds=1)
    assert (_offset(start - 1), _offset(start)) == (before, after)


@pytest.mark.parametrize("start", [-(2**63), 2**63 - 1])
def test_no_start_is_too_odd(start: int) -> None:
    assert _offset(start) in {60, 120}
