"""When the next delivery of a unit is due: 10:00 in Norway on a working day. Pure.

Each working day is reported by 10:00 of the next one: senders deliver in the evening or in the
night. A delivery therefore answers for the deadline that follows it, and the next one is due a
working day later. A quiet day is reported by an empty delivery, so silence never means a quiet day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from kpr_stream.model.unit import UnitState

NORWAY: Final = ZoneInfo("Europe/Oslo")
DUE_AT: Final = time(10)
"""After the night's exports, and early enough for the sender to be called the same day."""
LAST_YEAR: Final = 2100
"""A day beyond it was mistyped: nothing is expected then, and no calendar is made for it."""
EASTER: Final = "Første påskedag"
"""The name of Easter Sunday in the library of holidays."""
_SATURDAY: Final = 5
_DAY: Final = timedelta(1)


def norwegian_date(at: datetime) -> date:
    """Return the date in Norway at an instant, given in any time zone."""
    return at.astimezone(NORWAY).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What decides when a unit's delivery is due. ``heard``: when the last one was processed."""

    heard: datetime | None = None
    agreed_from: date | None = None
    agreed_to: date | None = None
    paused_from: date | None = None
    paused_until: date | None = None


def expectation_of(state: UnitState, *, heard: datetime | None) -> Expectation:
    """Return what decides for a unit and system in this state, heard at this time."""
    return Expectation(
        heard=heard,
        agreed_from=state.agreed_from,
        agreed_to=state.agreed_to,
        paused_from=state.paused_from,
        paused_until=state.paused_until,
    )


def next_deadline(unit: Expectation) -> datetime | None:
    """Return when the next delivery is due; None where none is expected.

    Nothing is expected of a unit that neither has an agreement nor has delivered, after its
    agreement, and in a pause without an end. No deadline lies in a pause.
    """
    if unit.heard is None and unit.agreed_from is None:
        return None
    heard = unit.heard and unit.heard.astimezone(NORWAY)
    answered = _answered(heard) if heard else date.min
    day = _open_day(max(answered, unit.agreed_from or date.min), unit)
    if day is None or (unit.agreed_to is not None and day > unit.agreed_to):
        return None
    due = _open_day(day + _DAY, unit)
    return None if due is None else datetime.combine(due, DUE_AT, NORWAY)


def is_working_day(day: date) -> bool:
    """Return whether a day is neither in a weekend nor a public holiday of Norway."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def easter_sunday(year: int) -> date:
    """Return the day of Easter Sunday."""
    return next(day for day, name in _holidays(year).items() if name == EASTER)


def _answered(heard: datetime) -> date:
    """Return the day of the first deadline at or after a delivery."""
    day = heard.date() if heard.time() <= DUE_AT else heard.date() + _DAY
    while not is_working_day(day):
        day += _DAY
    return day


def _open_day(day: date, unit: Expectation) -> date | None:
    """Return the first working day from ``day`` on that lies in no pause."""
    while day.year <= LAST_YEAR:
        if unit.paused_from and unit.paused_from <= day <= (unit.paused_until or date.max):
            if unit.paused_until is None or unit.paused_until.year > LAST_YEAR:
                return None
            day = unit.paused_until + _DAY
        elif is_working_day(day):
            return day
        else:
            day += _DAY
    return None


@cache
def _holidays(year: int) -> Mapping[date, str]:
    # It takes a third of a second, which only who asks for a deadline should pay.
    from holidays import country_holidays  # noqa: PLC0415

    return country_holidays("NO", years=year, expand=False, language="no")
