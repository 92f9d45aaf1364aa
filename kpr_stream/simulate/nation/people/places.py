"""Divide the nation into places, and give each its units and EPJ systems.

Municipalities are those of 2024, with the codes that they and their predecessors had on each day
(SSB KLASS 131 and 103). The EPJ of a municipality here says nothing about the real one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice

from kpr_stream.model.words import SYSTEMS, Service, System
from kpr_stream.simulate.identifiers import org_numbers
from kpr_stream.simulate.nation.days import FIRST_DAY, number
from kpr_stream.simulate.nation.people.residents import Residents, in_order, load_residents
from kpr_stream.simulate.small.places import reference_rows

LARGEST_PLACE = 8000
"""The most children of one place, which limits the memory needed to make it."""
ALL_SERVICES = tuple(Service)
_UNITS_A_PLACE = 16
_TWO_UNITS, _FOUR_UNITS = 1500, 5000
_MAIN_SHARE = 60
_SHARED_SYSTEMS = (1, 2, 0, 3, 0, 2, 0, 1, 0, 2)
"""Systems in the order in which municipalities get them, repeated."""
_CHANGES_EVERY, _CHANGES_AT = 7, 2
_CHANGE_DAYS = tuple(number(date(y, m, 1)) for y in range(2018, 2024) for m in (2, 4, 9, 11))
DISTRICT_OF_2017 = {"4601": "1201", "5001": "1601"}
_KLASS_SAYS = {"1580": ("1534",), "1508": ("1504", "1523", "1529", "1546")}
"""The predecessors of the parts of 1507, split in 2024, from the notes of KLASS."""
_NO_DISTRICT_SERVICE = ("030116", "030117", "110308", "110309")
"""Statistical areas and two later districts, whose children belong to the other districts."""

Codes = tuple[tuple[int, str, str | None], ...]
"""First day, municipality code and district code, in order of the days."""


@dataclass(frozen=True, slots=True)
class Part:
    """A municipality of 2017, or all of a place.

    From the day ``merged`` on, the units of the place's first part serve it. None if never merged.
    """

    codes: Codes
    merged: int | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A reporting unit of a place."""

    org_nr: str
    services: tuple[Service, ...]
    part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The unit of making the nation. ``number`` identifies it in every random stream."""

    name: str
    number: int
    municipality: int
    """Index among the municipalities of ``Residents``."""
    code: str
    area: int
    areas: int
    children: int
    parts: tuple[Part, ...]
    units: tuple[Unit, ...]
    system: System
    next_system: System | None
    change_day: int
    """The first day of the next system."""

    def unit_of(self, part: int, service: Service) -> int:
        """Return the index of the unit that serves the people of a part."""
        return next(n for n, u in enumerate(self.units) if u.part == part and service in u.services)

    def part_share(self, part: int) -> int:
        """Return the per cent of the place's children who live in a part."""
        others = len(self.parts) - 1
        if not others:
            return 100
        return (
            (100 - _MAIN_SHARE) // others if part else 100 - (100 - _MAIN_SHARE) // others * others
        )


def places(*, share: float, municipalities: tuple[str, ...], change_of_epj: bool) -> list[Place]:
    """Return the places of a share of the nation (whole municipalities), or of named ones."""
    chosen = set(municipalities) or _chosen(load_residents(), share)
    return [p for p in _all_places(change_of_epj=change_of_epj) if p.code in chosen]


def _chosen(residents: Residents, share: float) -> set[str]:
    children = residents.children()
    limit = int(children.sum()) * share
    found: set[str] = set()
    for n in in_order(residents.codes):
        if children[n] <= limit:
            limit -= int(children[n])
            found.add(residents.codes[n])
    return found


@cache
def _all_places(*, change_of_epj: bool) -> tuple[Place, ...]:
    residents = load_residents()
    turn = {n: at for at, n in enumerate(in_order(residents.codes))}
    numbers = list(islice(org_numbers(), 600 * _UNITS_A_PLACE))
    children = residents.children()
    found: list[Place] = []
    for n, code in enumerate(residents.codes):
        districts = _districts(code)
        areas = len(districts) or -(-int(children[n]) // LARGEST_PLACE)
        histories = _histories(code)
        system = SYSTEMS[_SHARED_SYSTEMS[turn[n] % len(_SHARED_SYSTEMS)]]
        changes = change_of_epj and turn[n] % _CHANGES_EVERY == _CHANGES_AT
        for area in range(areas):
            mine = histories[:1] + [h for at, h in enumerate(histories[1:]) if at % areas == area]
            parts = _parts(mine, districts[area] if districts else None)
            size = int(children[n]) // areas
            first = len(found) * _UNITS_A_PLACE
            found.append(
                Place(
                    name=f"{code}-{area + 1:02}",
                    number=n * 64 + area,
                    municipality=n,
                    code=code,
                    area=area,
                    areas=areas,
                    children=size,
                    parts=parts,
                    units=_units(parts, size, numbers[first : first + _UNITS_A_PLACE]),
                    system=system,
                    next_system=_next_system(system, turn[n]) if changes else None,
                    change_day=_CHANGE_DAYS[turn[n] // _CHANGES_EVERY % len(_CHANGE_DAYS)],
                )
            )
    return tuple(found)


def _next_system(system: System, turn: int) -> System:
    others = [other for other in SYSTEMS if other is not system]
    return others[turn // _CHANGES_EVERY % len(others)]


def _units(parts: tuple[Part, ...], children: int, numbers: list[str]) -> tuple[Unit, ...]:
    station, school, youth, pregnancy = ALL_SERVICES
    if children < _TWO_UNITS:
        first: tuple[tuple[Service, ...], ...] = (ALL_SERVICES,)
    elif children < _FOUR_UNITS:
        first = ((station, pregnancy), (school, youth))
    else:
        first = ((station,), (pregnancy,), (school,), (youth,))
    kinds = [(0, services) for services in first]
    kinds += [(part, ALL_SERVICES) for part in range(1, len(parts))]
    pairs = zip(numbers, kinds, strict=False)
    return tuple(Unit(org_nr, services, part) for org_nr, (part, services) in pairs)


def _parts(histories: list[list[tuple[int, str]]], district: str | None) -> tuple[Part, ...]:
    found = []
    for n, history in enumerate(histories):
        codes: Codes = tuple((day, code, _district_then(district, code)) for day, code in history)
        met = {code for _, code in histories[0]}
        merged = next((day for day, code in history if code in met), None) if n else None
        found.append(Part(codes, merged))
    return tuple(found)


def _district_then(district: str | None, code: str) -> str | None:
    if district is None:
        return None
    if code == district[:4]:
        return district
    old = DISTRICT_OF_2017.get(district[:4]) == code
    return f"{code}{district[4:]}" if old else None


def _districts(code: str) -> list[str]:
    rows = reference_rows("bydeler.csv")
    return [
        r["code"]
        for r in rows
        if r["municipality_code"] == code and r["code"] not in _NO_DISTRICT_SERVICE
    ]


def _histories(code: str) -> list[list[tuple[int, str]]]:
    """Return the codes of each predecessor in 2017, with the first day of each code."""
    begun = _valid_from()[code]
    found: list[list[tuple[int, str]]] = []
    if begun <= FIRST_DAY:
        found.append([(FIRST_DAY, code)])
    ordered = sorted(_changes(code), key=lambda change: (change[0] != begun, change))
    for day, old in ordered:
        for history in _histories(old):
            if history[0][1] in _KLASS_SAYS.get(code, (history[0][1],)):
                found += [[*history, (day, code)]]
    return found


@cache
def _valid_from() -> dict[str, int]:
    rows = reference_rows("kommuner.csv")
    return {row["code"]: number(date.fromisoformat(row["valid_from"])) for row in rows}


def _changes(code: str) -> Iterable[tuple[int, str]]:
    for row in _change_rows():
        day = number(date.fromisoformat(row["change_date"]))
        if row["new_code"] == code and day > FIRST_DAY:
            yield day, row["old_code"]


@cache
def _change_rows() -> tuple[dict[str, str], ...]:
    return tuple(reference_rows("kommune_changes.csv"))
