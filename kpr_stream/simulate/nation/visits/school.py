"""Make the visits of school health: school start, grades 3 and 8, and drop-in visits."""

from __future__ import annotations

from datetime import date

import numpy as np

from kpr_stream.model.words import Service
from kpr_stream.simulate.nation import days
from kpr_stream.simulate.nation.codes import NURSE, PSYCHOLOGIST, Form, Kind, steps
from kpr_stream.simulate.nation.draw import PER, Draw, Ints
from kpr_stream.simulate.nation.levels import TAKES_PART, level
from kpr_stream.simulate.nation.people.places import Place
from kpr_stream.simulate.nation.people.population import People
from kpr_stream.simulate.nation.visits.health_station import NOT_COME
from kpr_stream.simulate.nation.visits.visits import (
    Columns,
    concat,
    for_people,
    missed_appointments,
    with_times,
)

CLASS_SIZE = 24
_CHECKS = (
    (1, "SKOLESTART", Kind.SKOLESTARTUNDERSOKELSE),
    (3, "TRINN_3", Kind.VEIING_MALING),
    (8, "TRINN_8", Kind.HELSESAMTALE),
)
_OPEN_DOOR = (25, 25, 30, 35, 40, 45, 50, 75, 85, 90, 95, 95, 90)
"""Per cent of each grade's pupils who drop in once in a school year. A third of them come again,
and a third of those a third time."""


def visits(place: Place, people: People, draw: Draw) -> Columns:
    """Make every visit at the schools."""
    children = np.arange(people.children)
    checks = [_check(place, people, children, *check, draw) for check in _CHECKS]
    found = [*checks, *(missed_appointments(one, draw, NOT_COME) for one in checks)]
    for grade in range(1, 14):
        chance = _OPEN_DOOR[grade - 1] * PER // 100
        who = children
        for _ in range(3):
            who = who[draw.chance(chance, len(who))]
            found.append(_open_door(place, people, who, grade, draw))
            chance = PER // 3
    return with_times(concat(found), draw)


def _year_of(people: People, who: Ints, grade: int) -> Ints:
    """Return the year in which a person's school year in a grade begins; grade 1 at six."""
    return days.years(people.born[who]) + 5 + grade


def _check(
    place: Place, people: People, children: Ints, grade: int, code: str, kind: Kind, draw: Draw
) -> Columns:
    year = _year_of(people, children, grade)
    inside = (year >= days.FIRST_YEAR - 1) & (year <= days.LAST_YEAR)
    who, year = children[inside], year[inside]
    count = len(who)
    usual = TAKES_PART.get(code, 0) * PER // 100
    comes = draw.chance(level("K6", year) if grade == 1 else usual, count)
    # A class is measured on one day, between September and May.
    school_class = who // CLASS_SIZE
    planned = days.number(date(2000, 9, 1)) + (school_class * 37 + grade * 11) % 250
    offsets = planned - days.year_start(2000)
    starts = np.array([days.year_start(y) for y in range(1990, 2040)])[year - 1990]
    day = days.next_school_day(starts + offsets)
    absent = draw.chance(60_000, count)
    day = np.where(absent, days.next_school_day(day + draw.between(3, 12, count)), day)
    held = np.flatnonzero(comes)
    step = steps()[code]
    return for_people(
        place,
        people,
        who[held],
        day[held],
        Service.SKOLEHELSETJENESTE,
        kind=kind,
        step=step.index,
        grade=grade,
        roles=step.roles,
    )


def _open_door(place: Place, people: People, who: Ints, grade: int, draw: Draw) -> Columns:
    year = _year_of(people, who, grade)
    inside = (year >= days.FIRST_YEAR - 1) & (year <= days.LAST_YEAR)
    who, year = who[inside], year[inside]
    starts = np.array([days.year_start(y) for y in range(1990, 2040)])[year - 1990]
    day = days.next_school_day(starts + draw.between(232, 530, len(who)))
    by_phone = draw.chance(80_000, len(who))
    roles = np.where(draw.chance(30_000, len(who)), PSYCHOLOGIST, NURSE)
    return for_people(
        place,
        people,
        who,
        day,
        Service.SKOLEHELSETJENESTE,
        kind=np.where(by_phone, Kind.TELEFON, Kind.EKSTRA),
        form=np.where(by_phone, Form.TELEFON, Form.PERSONLIG),
        grade=grade,
        roles=roles,
    )
