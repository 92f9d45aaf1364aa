"""Norwegian time as columns: the offset from UTC in force at an instant.

The clocks change at 01:00 UTC (EU directive 2000/84/EC; in Norway since 1980). A table with one
entry a day, each beginning at 01:00 UTC, is therefore exact. The offsets are those of the time
zone database that Polars uses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import polars as pl

_MICROSECONDS_AN_HOUR = 3_600_000_000
_MILLISECONDS_AN_HOUR, _MILLISECONDS_A_MINUTE = 3_600_000, 60_000
_MINUTES_A_DAY = 1_440
_FIRST, _LAST = datetime(1970, 1, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, 1, tzinfo=UTC)


def norwegian_offset(start: pl.Expr) -> pl.Expr:
    """Return the offset at ``start`` (microseconds since 1970) in minutes from UTC, as Int64.

    60 in winter, 120 in summer. Before 1970 and after 2099 the offset is that of the nearest year.
    """
    table = _offsets()
    day = (start // _MICROSECONDS_AN_HOUR - 1) // 24
    return pl.lit(table).gather(day.clip(0, len(table) - 1))


def norwegian_day(at: int) -> int:
    """Return the Norwegian date of an instant (ms since 1970), in days since 1970."""
    table = _offsets()
    day = (at // _MILLISECONDS_AN_HOUR - 1) // 24
    offset: int = table[min(max(day, 0), len(table) - 1)]
    return (at // _MILLISECONDS_A_MINUTE + offset) // _MINUTES_A_DAY


@cache
def _offsets() -> pl.Series:
    days = pl.datetime_range(_FIRST, _LAST, "1d", eager=True, time_zone="UTC")
    local = days.dt.convert_time_zone("Europe/Oslo")
    return (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_minutes()
