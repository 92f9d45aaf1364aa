"""A made-up country of units: where each is, what it runs, and what goes wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import cycle, islice
from random import Random
from typing import Any, Final

from kpr_stream.model.words import System
from kpr_stream.simulate.identifiers import org_numbers
from tests.support.deliveries import consultation

TRONDELAG: Final = "50"
"""Helseplattformen is used there."""
RELEASES: Final[Mapping[System, tuple[str, ...]]] = {
    System.VISMA_HSPRO: ("22.4", "22.4", "23.0"),
    System.EG_INFODOC: ("9.1", "9.2"),
    System.CGM_HELSESTASJON: ("5.2", "5.3"),
    System.HELSEPLATTFORMEN: ("May 2026",),
}
BROKEN: Final = "5.4-beta"
"""The release of CGM that loses the ids of consultations: it is stopped."""
POOR: Final = "23.0"
"""The release of Visma that sends many impossible weights."""
FIRST_MONTHS: Final = (2017, 2018, 2020, 2022, 2024)
"""Years from which units have sent their history."""


class Trouble(StrEnum):
    """What goes wrong with a unit."""

    NOTHING = "nothing"
    SILENT = "silent"
    """It delivers once and then no more."""
    BLOCKED = "blocked"
    """Its second delivery is refused and never corrected."""
    NEVER_HEARD = "never heard"
    PAUSED = "paused"
    EMPTY = "empty"
    """It delivers, and nothing is in its deliveries after the first."""
    GAP = "gap"
    """An operator let it skip a delivery."""
    BROKEN_RELEASE = "broken release"


TROUBLES: Final = tuple(one for one in Trouble if one is not Trouble.NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldUnit:
    """One unit. ``since``: the first day that its history covers."""

    org_nr: str
    system: System
    municipality: str
    release: str
    trouble: Trouble
    since: date


def make_world(places: Sequence[tuple[str, str]], *, units: int, troubled: int) -> list[WorldUnit]:
    """Return units in municipalities, given with their counties.

    Every municipality has a unit before one has two. ``troubled`` units have the troubles in turn.
    """
    random = Random(2017)
    others = cycle(
        [System.VISMA_HSPRO, System.EG_INFODOC, System.VISMA_HSPRO, System.CGM_HELSESTASJON]
    )
    chosen = dict(zip(random.sample(range(units), troubled), cycle(TROUBLES), strict=False))
    made = []
    numbers = islice(org_numbers(), units)
    for place, (org_nr, (code, county)) in enumerate(zip(numbers, cycle(places), strict=False)):
        trouble = chosen.get(place, Trouble.NOTHING)
        system = System.HELSEPLATTFORMEN if county == TRONDELAG else next(others)
        if trouble is Trouble.BROKEN_RELEASE:
            system = System.CGM_HELSESTASJON
        releases = RELEASES[system]
        made.append(
            WorldUnit(
                org_nr=org_nr,
                system=system,
                municipality=code,
                release=BROKEN if trouble is Trouble.BROKEN_RELEASE else random.choice(releases),
                trouble=trouble,
                since=date(random.choice(FIRST_MONTHS), 1 + random.randrange(12), 1),
            )
        )
    return made


def items_of(unit: WorldUnit, day: int) -> list[dict[str, Any]]:
    """Return the consultations that a unit sends on a day, from 0; most of them are in order."""
    random = Random(f"{unit.org_nr} {day}")
    if unit.trouble is Trouble.BROKEN_RELEASE and day:
        return [consultation(number, consultation_id=None) for number in range(120)]
    if unit.trouble is Trouble.EMPTY and day:
        return []
    return [_item(unit, day, number, random) for number in range(random.randint(2, 8))]


def _item(unit: WorldUnit, day: int, number: int, random: Random) -> dict[str, Any]:
    own = 10 * day + number
    made = consultation(own, consultation_id=f"{unit.org_nr}-{own}")
    chance = random.random()
    if chance < (0.12 if unit.release == POOR else 0.02):
        return made | {"weight_g": 99_000}
    if chance < 0.14:
        return made | {"consultation_id": f"{unit.org_nr}-{max(0, own - 10)}"}
    if chance < 0.17 and day:
        return made | {"consultation_id": f"{unit.org_nr}-{10 * day - 10}", "duration_minutes": 45}
    if chance < 0.18:
        return made | {"start": None}
    if chance < 0.22:
        return made | {"length_mm": 760}
    return made
