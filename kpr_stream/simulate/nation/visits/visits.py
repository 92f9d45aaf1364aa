"""Hold visits as columns of whole numbers, one row for each consultation.

``Columns`` has an array for each name in ``DEFAULTS``. -1, or 0 in some columns, means nothing.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum

import numpy as np

from kpr_stream.model.words import Service
from kpr_stream.simulate.nation import days
from kpr_stream.simulate.nation.codes import Attendance, Form, Kind
from kpr_stream.simulate.nation.draw import Bools, Draw, Ints
from kpr_stream.simulate.nation.people.places import ALL_SERVICES, Place
from kpr_stream.simulate.nation.people.population import People

Columns = dict[str, Ints]

DEFAULTS = {
    "person": -1,
    "unit": 0,
    "service": 0,
    "kind": Kind.INDIVIDUELL,
    "form": Form.PERSONLIG,
    "attendance": Attendance.MOTT,
    "step": -1,
    "grade": 0,
    "day": 0,
    "minute": 0,
    "date_only": 0,
    "duration": 0,
    "group": -1,
    "group_size": 0,
    "roles": 0,
    "department": 1,
    "weight": -1,
    "weight_reason": -1,
    "length": -1,
    "position": -1,
    "length_reason": -1,
    "head": -1,
    "head_reason": -1,
    "breastfeeding": -1,
    "discharge": -1,
    "appointment": -1,
    "ids": 0,
    "born_shift": 0,
    "fault": 0,
    "origin": 0,
    "type": 0,
    "local": 0,
    "newer": 0,
    "same_as": -1,
}
"""``ids``: the numbers sent, see ``IdBits``. ``born_shift``: days by which the birth date is wrong.
``fault``: the row's fault, see ``faults``. ``origin``: why the row exists, see ``Origin``.
``type``: 0 a consultation, 1 an appointment. ``local``: number in the EPJ's own id. ``newer``: 1 in
the place's second EPJ. ``same_as``: the older system's row of the same visit."""

SERVICE = {service: n for n, service in enumerate(ALL_SERVICES)}
PANDEMIC = days.number(date(2020, 3, 13)), days.number(date(2020, 5, 11))
"""First day and end of the time in which group meetings were called off."""


class Origin(IntEnum):
    """Why a row exists."""

    HELD = 0
    REGISTERED_TWICE = 1
    REGISTERED_IN_ERROR = 2
    CONVERTED = 3
    IN_BOTH_SYSTEMS = 4


class IdBits:
    """Bits of ``ids``."""

    FNR, DNR, DUF, WRONG_DIGIT = 1, 2, 4, 8


def rows(size: int, **given: Ints | int) -> Columns:
    """Return columns of ``size`` visits, with defaults for those not given."""
    return {
        name: np.array(np.broadcast_to(np.asarray(given.get(name, default)), size), dtype=np.int32)
        for name, default in DEFAULTS.items()
    }


def concat(groups: list[Columns]) -> Columns:
    """Join several groups of visits."""
    return {name: np.concatenate([group[name] for group in groups]) for name in DEFAULTS}


def select(columns: Columns, which: Ints | Bools) -> Columns:
    """Return the chosen visits."""
    return {name: column[which] for name, column in columns.items()}


def size(columns: Columns) -> int:
    """Return the number of visits."""
    return len(columns["person"])


def units_at(place: Place, part: Ints, day: Ints, service: Service) -> Ints:
    """Return the unit that serves people of each part on each day."""
    own = np.array([place.unit_of(n, service) for n in range(len(place.parts))])
    merged = [days.LAST_DAY + 1 if p.merged is None else p.merged for p in place.parts]
    return np.where(day < np.array(merged)[part], own[part], own[0])


def for_people(
    place: Place, people: People, who: Ints, day: Ints, service: Service, **given: Ints | int
) -> Columns:
    """Return visits of people on the days on which they live here, within the years."""
    lived = (people.arrive[who] <= day) & (day < people.leave[who])
    kept = lived & (day >= days.FIRST_DAY) & (day <= days.LAST_DAY)
    found = rows(
        len(who),
        person=who,
        day=day,
        service=SERVICE[service],
        unit=units_at(place, people.part[who], day, service),
        **given,
    )
    return select(found, kept)


def with_times(columns: Columns, draw: Draw, opens: int = 8, hours: int = 7) -> Columns:
    """Add a minute of the day (unless set), a duration and a department."""
    count = size(columns)
    minute = opens * 60 + 5 * draw.below(hours * 12, count)
    columns["minute"][:] = np.where(columns["minute"] == 0, minute, columns["minute"])
    held = columns["attendance"] == Attendance.MOTT
    columns["duration"][:] = np.where(held, 15 + 5 * draw.below(10, count), 0)
    columns["department"][:] = 1 + draw.below(3, count)
    return columns


def missed_appointments(columns: Columns, draw: Draw, per_million: int) -> Columns:
    """Return earlier appointments of some visits that were missed or called off."""
    chosen = draw.chance(per_million, size(columns))
    found = select(columns, chosen)
    count = size(found)
    why = 1 + draw.among((55, 35, 10), count)
    found["attendance"][:] = why
    earlier = days.next_working_day(found["day"] - draw.between(7, 20, count))
    found["day"][:] = np.minimum(earlier, found["day"])
    found["minute"][:], found["group"][:], found["group_size"][:] = 0, -1, 0
    found["discharge"][:] = -1
    return select(found, found["day"] >= days.FIRST_DAY)
