"""Make the visits of units: the guideline's programme, school checks, HFU, midwife.

The content of a visit is a mapping of the contract's field names to plain values: dates as
``date``, ``start`` as an aware ``datetime``, measures as whole grams and millimetres.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from kpr_stream.model.words import Service
from kpr_stream.simulate.identifiers import IdPool
from kpr_stream.simulate.small.growth import size_at
from kpr_stream.simulate.small.people import UNKNOWN, Person, new_person
from kpr_stream.simulate.small.places import Unit, reference_rows

Content = Mapping[str, Any]
OSLO_TIME = ZoneInfo("Europe/Oslo")
DROP_IN_SHARE = 0.15
"""Share of visits to the youth clinic without a name."""
_ATTENDANCE = {"MOTT": 92, "IKKE_MOTT": 4, "AVBESTILT_AV_BRUKER": 3, "AVLYST_AV_TJENESTEN": 1}
_SCHOOL = (
    (1, "6A", "SKOLESTARTUNDERSOKELSE"),
    (3, "8A", "VEIING_MALING"),
    (8, "13A", "HELSESAMTALE"),
)
_LYING_UNTIL_DAYS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A visit of the programme for children from 0 to 5 years."""

    code: str
    volven: str
    target_days: int
    home: bool
    group: bool
    roles: tuple[str, ...]
    weight: bool
    length: bool
    head: bool
    breastfeeding: bool


@dataclass(frozen=True, slots=True)
class World:
    """The source of a unit's visits. Both days are included."""

    unit: Unit
    random: Random
    pool: IdPool
    first_day: date
    last_day: date

    def new_person(self, number: int, born: date) -> Person:
        """Make person ``number`` of the unit."""
        return new_person(self.random, self.pool, f"P{number:06}", born)

    def day_between(self, first: date, last: date) -> date:
        """Draw a working day evenly."""
        drawn = first + timedelta(days=self.random.randrange((last - first).days + 1))
        return working_day(drawn, self.last_day)


def visits(world: World, count: int) -> Iterator[Content]:
    """Yield ``count`` visits, shared evenly between the services of the unit."""
    sources = [_SOURCES[service](world) for service in world.unit.services]
    for number in range(count):
        yield next(sources[number % len(sources)])


@cache
def programme() -> tuple[Step, ...]:
    """Return the steps of hst_programme.csv held at a health station for 0 to 5 years."""
    return tuple(
        Step(
            code=row["code"],
            volven=row["volven_9505"],
            target_days=int(row["target_age_days"]),
            home=row["home_visit_expected"] == "1",
            group=row["setting"] == "group",
            roles=tuple(role.upper() for role in row["personnel"].split("+")),
            weight=row["weight_expected"] == "1",
            length=row["length_expected"] == "1",
            head=row["head_circumference_expected"] == "1",
            breastfeeding=row["breastfeeding_expected"] == "1",
        )
        for row in reference_rows("hst_programme.csv")
        if row["in_14_programme"] == "1"
    )


def working_day(day: date, last: date) -> date:
    """Return the day, or the nearest working day that is not after ``last``."""
    later = day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
    if later <= last:
        return later
    earlier = min(day, last)
    return earlier - timedelta(days=max(0, earlier.weekday() - 4))


def _children(world: World) -> Iterator[Content]:
    oldest = timedelta(days=programme()[-1].target_days)
    number = 0
    while True:
        number += 1
        born = world.day_between(world.first_day - oldest, world.last_day - timedelta(days=14))
        person = world.new_person(number, born)
        home = (person.born or born) + timedelta(days=world.random.randrange(1, 4))
        for step in programme():
            target = (person.born or born) + timedelta(days=step.target_days)
            drawn = target + timedelta(days=world.random.randrange(-2, 5))
            if drawn > world.last_day:
                break  # the child is too young for this step and all later ones
            day = working_day(drawn, world.last_day)
            if day >= world.first_day and day > home:
                yield _child_visit(world, person, step, day, home)


def _child_visit(world: World, person: Person, step: Step, day: date, home: date) -> Content:
    random, age = world.random, (day - (person.born or day)).days
    attended = _attendance(random)
    held = attended == "MOTT"
    kind = "HJEMMEBESOK" if step.home else "GRUPPE" if step.group else "INDIVIDUELL"
    content = _visit(world, person, Service.HELSESTASJON_0_5, day, kind=kind, attended=attended)
    content["contact_form"] = "PERSONLIG" if kind == "INDIVIDUELL" else kind
    content["programme_step"] = step.volven if random.random() < 0.7 else step.code
    content["practitioner_roles"] = list(step.roles)
    if step.group:
        content["group_id"] = f"G{day:%y%m%d}-{step.volven}"
        content["group_size"] = 4 + random.randrange(5)
    if step.home:
        content["maternity_discharge_date"] = home
    if held:
        content |= _measures(random, age, weight=step.weight, length=step.length, head=step.head)
        if step.breastfeeding:
            content["breastfeeding"] = _breastfeeding(random, age)
    return content


def _pupils(world: World) -> Iterator[Content]:
    number = 500_000
    while True:
        number += 1
        day = world.day_between(world.first_day, world.last_day)
        grade, step, kind = world.random.choice(_SCHOOL)
        school_year = day.year if day.month >= 8 else day.year - 1
        born = date(
            school_year - 5 - grade, 1 + world.random.randrange(12), 1 + world.random.randrange(28)
        )
        person = world.new_person(number, born)
        attended = _attendance(world.random)
        content = _visit(
            world, person, Service.SKOLEHELSETJENESTE, day, kind=kind, attended=attended
        )
        content |= {
            "grade": grade,
            "programme_step": step,
            "practitioner_roles": ["HELSESYKEPLEIER"],
        }
        if attended == "MOTT":
            age = (day - (person.born or born)).days
            content |= _measures(world.random, age, weight=True, length=True, head=False)
        yield content


def _youth(world: World) -> Iterator[Content]:
    number = 700_000
    while True:
        number += 1
        day = world.day_between(world.first_day, world.last_day)
        born = day - timedelta(days=world.random.randrange(13 * 366, 20 * 365))
        drop_in = world.random.random() < DROP_IN_SHARE
        person = UNKNOWN if drop_in else world.new_person(number, born)
        content = _visit(world, person, Service.HFU, day, kind="HFU_KONSULTASJON", attended="MOTT")
        content["practitioner_roles"] = ["HELSESYKEPLEIER", "LEGE"][: 1 + world.random.randrange(2)]
        yield content


def _pregnant(world: World) -> Iterator[Content]:
    number = 900_000
    while True:
        number += 1
        day = world.day_between(world.first_day, world.last_day - timedelta(days=60))
        born = day - timedelta(days=world.random.randrange(20 * 365, 40 * 365))
        person = world.new_person(number, born)
        for turn in range(1 + world.random.randrange(6)):
            on = working_day(day + timedelta(days=28 * turn), world.last_day)
            attended = _attendance(world.random)
            kind = "SVANGERSKAPSKONTROLL"
            content = _visit(
                world, person, Service.SVANGERSKAP_BARSEL, on, kind=kind, attended=attended
            )
            content["practitioner_roles"] = ["JORDMOR"]
            yield content


_SOURCES: Mapping[Service, Callable[[World], Iterator[Content]]] = {
    Service.HELSESTASJON_0_5: _children,
    Service.SKOLEHELSETJENESTE: _pupils,
    Service.HFU: _youth,
    Service.SVANGERSKAP_BARSEL: _pregnant,
}


def _visit(
    world: World, person: Person, service: Service, day: date, *, kind: str, attended: str
) -> dict[str, Any]:
    at = time(8 + world.random.randrange(7), 5 * world.random.randrange(12))
    content: dict[str, Any] = {
        "service": str(service),
        "start": datetime.combine(day, at, OSLO_TIME),
        "consultation_type": kind,
        "contact_form": "PERSONLIG",
        "attendance": attended,
        "department_id": f"avd-{1 + world.random.randrange(3)}",
        "person_local_id": person.local_id,
        "fnr": person.fnr,
        "dnr": person.dnr,
        "duf": person.duf,
        "birth_date": person.born,
        "sex": person.sex,
    }
    if attended == "MOTT":
        content["duration_minutes"] = 15 + 5 * world.random.randrange(10)
    return content


def _attendance(random: Random) -> str:
    return random.choices(list(_ATTENDANCE), list(_ATTENDANCE.values()))[0]


def _breastfeeding(random: Random, age_days: int) -> str:
    """Draw a status. Shares fall with age as published: most at 6 weeks, half at a year."""
    fully = max(0.0, 0.76 - 0.0035 * age_days)
    partly = 0.95 - fully - 0.0009 * age_days
    draw = random.random()
    if draw < 0.02:
        return "IKKE_SPURT"
    return (
        "FULLAMMET" if draw < fully else "DELVIS_AMMET" if draw < fully + partly else "IKKE_AMMET"
    )


def _measures(
    random: Random, age_days: int, *, weight: bool, length: bool, head: bool
) -> dict[str, Any]:
    size = size_at(random, age_days)
    found: dict[str, Any] = {}
    if weight and random.random() < 0.03:
        found["weight_reason_not_measured"] = "BARNET_UROLIG"
    elif weight:
        found["weight_g"] = size.weight_g
    if length:
        found["length_mm"] = size.length_mm
        found["length_position"] = "LIGGENDE" if age_days <= _LYING_UNTIL_DAYS else "STAENDE"
    if head:
        found["head_circumference_mm"] = size.head_mm
    return found
