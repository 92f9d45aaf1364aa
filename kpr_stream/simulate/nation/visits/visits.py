"""What happens, as columns: one row a consultation, whole numbers only.

``Columns`` holds an array for each name in ``DEFAULTS``; -1 (for some 0) stands for nothing.
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
"""``ids``: which numbers are sent, see ``Sent``. ``born_shift``: days by which the birth date is
wrong. ``fault``: what is wrong with the row, see ``faults``. ``origin``: why there is one, see
``Origin``. ``type``: 0 a consultation, 1 an appointment. ``local``: number in the EPJ's own id.
``newer``: 1 where the EPJ is the place's second. ``same_as``: the row that tells of the same."""

SERVICE = {service: n for n, service in enumerate(ALL_SERVICES)}
PANDEMIC = days.number(date(2020, 3, 13)), days.number(date(2020, 5, 11))
"""From when to when group meetings were called off and much else waited."""


class Origin(IntEnum):
    """Why there is a row."""

    HELD = 0
    REGISTERED_TWICE = 1
    REGISTERED_IN_ERROR = 2
    CONVERTED = 3
    IN_BOTH_SYSTEMS = 4


class Sent:
    """Bits of ``ids``."""

    FNR, DNR, DUF, WRONG_DIGIT = 1, 2, 4, 8


def rows(size: int, **given: Ints | int) -> Columns:
    """Columns of so many visits, with defaults for what is not given."""
    return {
        name: np.array(np.broadcast_to(np.asarray(given.get(name, default)), size), dtype=np.int32)
        for name, default in DEFAULTS.items()
    }


def joined(groups: list[Columns]) -> Columns:
    """Visits of several kinds together."""
    return {name: np.concatenate([group[name] for group in groups]) for name in DEFAULTS}


def taken(columns: Columns, which: Ints | Bools) -> Columns:
    """Some of the visits."""
    return {name: column[which] for name, column in columns.items()}


def size(columns: Columns) -> int:
    """How many visits there are."""
    return len(columns["person"])


def units_at(place: Place, part: Ints, day: Ints, service: Service) -> Ints:
    """The unit that serves people of each part on each day."""
    own = np.array([place.unit_of(n, service) for n in range(len(place.parts))])
    merged = [days.LAST_DAY + 1 if p.merged is None else p.merged for p in place.parts]
    return np.where(day < np.array(merged)[part], own[part], own[0])


def for_people(
    place: Place, people: People, who: Ints, day: Ints, service: Service, **given: Ints | int
) -> Columns:
    """Visits of people, on days on which they live here and within the years; others are left."""
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
    return taken(found, kept)


def with_times(columns: Columns, draw: Draw, opens: int = 8, hours: int = 7) -> Columns:
    """A minute of the day, a length and a department for those that have none."""
    count = size(columns)
    minute = opens * 60 + 5 * draw.below(hours * 12, count)
    columns["minute"][:] = np.where(columns["minute"] == 0, minute, columns["minute"])
    held = columns["attendance"] == Attendance.MOTT
    columns["duration"][:] = np.where(held, 15 + 5 * draw.below(10, count), 0)
    columns["department"][:] = 1 + draw.below(3, count)
    return columns


def not_come(columns: Columns, draw: Draw, per_million: int) -> Columns:
    """Earlier appointments for some of the visits: nobody came, or they were called off."""
    chosen = draw.chance(per_million, size(columns))
    found = taken(columns, chosen)
    count = size(found)
    why = 1 + draw.among((55, 35, 10), count)
    found["attendance"][:] = why
    earlier = days.next_working_day(found["day"] - draw.between(7, 20, count))
    found["day"][:] = np.minimum(earlier, found["day"])
    found["minute"][:], found["group"][:], found["group_size"][:] = 0, -1, 0
    found["discharge"][:] = -1
    return taken(found, found["day"] >= days.FIRST_DAY)
