"""Has everything come in? Every unit's months since 2017."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from kpr_stream.analytics.report.advice import advice_on_refusal
from kpr_stream.analytics.report.place import ReportFrames
from kpr_stream.analytics.report.texts import day_text, month_text
from kpr_stream.model.coverage import Months, holes, month_names, months_before


@dataclass(frozen=True)
class YearOfUnit:
    """One year: for each of its months whether it has come in; None for a month to come."""

    year: str
    months: tuple[bool | None, ...]

    @property
    def text(self) -> str:
        """How many of the year's months have come in."""
        expected = [month for month in self.months if month is not None]
        return f"{sum(expected)} av {len(expected)}"

    @property
    def state(self) -> str:
        """The class of the cell: all, some or no month has come in."""
        expected = [month for month in self.months if month is not None]
        return "all" if all(expected) else "some" if any(expected) else "none"


@dataclass(frozen=True, kw_only=True)
class UnitCoverage:
    """What one unit and system has delivered."""

    org_nr: str
    system: str
    years: tuple[YearOfUnit, ...]
    missing: str
    """The missing months in words; empty if there is no missing month."""
    last_delivery: str
    blocked: str
    """Why the unit waits for a correction, and since when; empty if it does not."""
    months_missing: int


def coverage(frames: ReportFrames) -> list[UnitCoverage]:
    """Return a row for each unit and system of a page, the one with most months missing first."""
    expected = months_before(frames.made_on)
    found = [_unit(row, expected) for row in frames.units.iter_rows(named=True)]
    return sorted(found, key=lambda unit: (not unit.blocked, -unit.months_missing, unit.org_nr))


def _unit(row: dict[str, Any], expected: Months) -> UnitCoverage:
    names = month_names(expected)
    covered = set(row["covered_months"])
    bits = sum(1 << at for at, name in enumerate(names) if name in covered)
    missing = holes(bits, expected)
    return UnitCoverage(
        org_nr=row["org_nr"],
        system=row["system"],
        years=tuple(_years(names, covered)),
        missing=", ".join(_range(first, last) for first, last in missing),
        last_delivery=day_text(row["last_delivery"]),
        blocked=_blocked(row["blocked_reason"], row["blocked_since"]),
        months_missing=len(names) - bits.bit_count(),
    )


def _years(names: list[str], covered: set[str]) -> list[YearOfUnit]:
    found = []
    for year, group in groupby(names, key=lambda name: name[:4]):
        come = [name in covered for name in group]
        found.append(YearOfUnit(year, (*come, *[None] * (12 - len(come)))))
    return found


def _range(first: str, last: str) -> str:
    if first == last:
        return month_text(first)
    return f"{month_text(first)}–{month_text(last)}"


def _blocked(reason: str | None, since: date | None) -> str:
    if since is None:
        return ""
    advice = advice_on_refusal(reason)
    return (
        f"Venter på en rettet innsending siden {day_text(since)}. {advice.what} {advice.do} "
        f"Hvem: {advice.who}."
    )
