"""Choose municipalities and their units, with sizes from Statistics Norway's table 07459.

The table is ``reference/data/residents.csv``. The EPJ of a municipality here says nothing about
the real one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import isqrt

from kpr_stream.errors import UsageError
from kpr_stream.model.words import SYSTEMS, Service, System
from kpr_stream.simulate.identifiers import org_nr

YEAR_OF_SIZES = "2024"
OSLO = "0301"
OSLO_DISTRICTS = ("030101", "030105", "030112")

_FIRST: tuple[tuple[str, System], ...] = (
    (OSLO, System.EG_INFODOC),
    ("5001", System.HELSEPLATTFORMEN),
    ("1103", System.VISMA_HSPRO),
    ("4204", System.CGM_HELSESTASJON),
    ("5006", System.HELSEPLATTFORMEN),
    ("1804", System.VISMA_HSPRO),
)
"""The first municipalities, ordered so that the first four use all four systems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A reporting unit. ``weight`` is its share of all consultations, relative to the others."""

    org_nr: str
    system: System
    municipality_code: str
    district_code: str | None
    services: tuple[Service, ...]
    weight: int


def units(municipalities: int) -> list[Unit]:
    """Return the units of a number of municipalities, always the same ones for one number."""
    chosen = _municipalities(municipalities)
    found: list[Unit] = []
    for code, system in chosen:
        size = max(1, isqrt(_children()[code]))
        districts: Sequence[str | None] = OSLO_DISTRICTS if code == OSLO else (None,)
        for district in districts:
            for services, share in _SERVICES:
                number = org_nr(len(found))
                found.append(
                    Unit(
                        org_nr=number,
                        system=system,
                        municipality_code=code,
                        district_code=district,
                        services=services,
                        weight=size * share,
                    )
                )
    return found


_SERVICES = (
    ((Service.HELSESTASJON_0_5, Service.SVANGERSKAP_BARSEL), 6),
    ((Service.SKOLEHELSETJENESTE, Service.HFU), 4),
)
"""The services of the two units of a place, and their shares."""


def _municipalities(count: int) -> list[tuple[str, System]]:
    known = {code for code, _ in _FIRST}
    others = [code for code in sorted(_children()) if code not in known]
    if not 1 <= count <= len(_FIRST) + len(others):
        raise UsageError(
            f"There are {len(_FIRST) + len(others)} municipalities, not {count}.",
            what_to_do="Give --municipalities a number from 1 to that.",
        )
    spread = [(code, SYSTEMS[n % len(SYSTEMS)]) for n, code in enumerate(others)]
    return [*_FIRST, *spread][:count]


@cache
def _children() -> dict[str, int]:
    """Return the residents of 0 to 19 years by municipality."""
    found: dict[str, int] = {}
    for row in reference_rows("residents.csv"):
        if row["year"] == YEAR_OF_SIZES:
            code = row["municipality_code"]
            ages = (int(row[f"age_{age}"]) for age in range(20))
            found[code] = found.get(code, 0) + sum(ages)
    return found


def reference_rows(name: str) -> Iterable[dict[str, str]]:
    """Read the rows of a reference table of this package, as text."""
    path = files("kpr_stream.reference").joinpath("data", name)
    return csv.DictReader(path.read_text("utf-8").splitlines())
