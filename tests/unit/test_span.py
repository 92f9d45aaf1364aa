"""From when until when an operator means."""

from __future__ import annotations

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.operate.order import span_called

NOON = 1_772_366_400_000
"""2026-03-01T12:00Z in ms."""
HOUR = 3_600_000


def test_a_span_is_told_in_utc_unless_it_says_otherwise_and_ends_now_if_nothing_is_said() -> None:
    assert span_called("2026-03-01T06:00", None, now=NOON) == (NOON - 6 * HOUR, NOON)
    assert span_called("2026-03-01T06:00+01:00", "2026-03-01T08:00", now=NOON) == (
        NOON - 7 * HOUR,
        NOON - 4 * HOUR,
    )
    assert span_called("2026-03-01", "2026-03-02", now=NOON) == (NOON - 12 * HOUR, NOON + 12 * HOUR)


@pytest.mark.parametrize(
    ("start", "until"),
    [("2026-03-02", None), ("2026-03-02", "2026-03-03"), ("2026-02-02", "2026-02-01")],
)
def test_a_span_in_which_nothing_was_received_is_refused(start: str, until: str | None) -> None:
    with pytest.raises(UsageError, match=f"from {start} until"):
        span_called(start, until, now=NOON)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no date or time"):
        span_called(text, None, now=NOON)
