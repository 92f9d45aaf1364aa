"""Say of one unit what operators watch: when it was heard, when it is due, what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from kpr_stream.exporter.clock import ExporterClock
from kpr_stream.exporter.labels import version_label
from kpr_stream.exporter.school_days import school_days_between
from kpr_stream.metrics.metric import UNKNOWN
from kpr_stream.model.coverage import Months, months_before, months_until
from kpr_stream.model.report_deadline import expectation_of, next_deadline, norwegian_date
from kpr_stream.model.unit import UnitState

MOST_UNITS: Final = 2_000
"""Units and systems that get series; the nation has some 1,500. A sender that invents org numbers
would otherwise fill Prometheus. Those with an agreement come first, the rest are only counted."""


class Agreement(StrEnum):
    """What is agreed with a unit and system, and whether it has begun."""

    EXPECTED = "expected"
    """It has an agreement and has never delivered."""
    BEGUN = "begun"
    PAUSED = "paused"
    ENDED = "ended"
    MISSING = "missing"
    """It has no agreement and has never had a delivery processed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingUnit:
    """One unit and system. Times in seconds since 1970; 0 means never."""

    org_nr: str
    system: str
    municipality: str
    software_version: str
    agreement: Agreement
    last_delivery: float
    last_content: float
    days_without_content: int | None
    """Working days in school weeks since then; None of a unit that has never delivered."""
    due: float | None
    """Real time of the next deadline; None where nothing is expected."""
    blocked_since: float | None
    blocked_reason: str
    next_sequence: int
    missing: int
    """Deliveries that an operator let it skip, and that have not come since."""
    covered_months: int
    expected_months: int


def view(
    state: UnitState, *, now: datetime, clock: ExporterClock, since: date | None
) -> ReportingUnit:
    """Return what is exported of a unit. ``now``: as the clock shows it.

    ``since``: when this system took over from an older one of the unit; None for the first.
    """
    due = next_deadline(expectation_of(state, heard=_shown(state.last_processed_at, clock)))
    today = norwegian_date(now)
    agreement = agreement_of(state, today)
    expected = 0 if agreement is Agreement.MISSING else expected_months(state, today, since)
    return ReportingUnit(
        org_nr=state.org_nr,
        system=state.system.value,
        municipality=state.municipality_code or UNKNOWN,
        software_version=version_label(state.software_version),
        agreement=agreement,
        last_delivery=(state.last_processed_at or 0) / 1000,
        last_content=(state.last_content_at or 0) / 1000,
        days_without_content=_days_without_content(state, now, clock),
        due=None if due is None else clock.when(due),
        blocked_since=None if state.blocked_since is None else state.blocked_since / 1000,
        blocked_reason=state.blocked_reason or UNKNOWN,
        next_sequence=state.next_sequence,
        missing=state.missing_sequences,
        covered_months=(state.covered_months & expected).bit_count(),
        expected_months=expected.bit_count(),
    )


def views(
    states: Iterable[UnitState], *, now: datetime, clock: ExporterClock, most: int = MOST_UNITS
) -> tuple[list[ReportingUnit], int]:
    """Return the units that are exported, and how many more there are."""
    known = list(states)
    took_over = _took_over(known)
    ranked = sorted(known, key=lambda s: (s.agreed_from is None, s.last_processed_at is None))
    shown = [
        view(state, now=now, clock=clock, since=took_over.get((state.org_nr, state.system)))
        for state in ranked[:most]
    ]
    return shown, len(known) - len(shown)


def agreement_of(state: UnitState, today: date) -> Agreement:
    """Return what is agreed with a unit today, by Norwegian date."""
    if state.agreed_to is not None and state.agreed_to < today:
        return Agreement.ENDED
    if state.paused_from is not None and state.paused_from <= today <= (
        state.paused_until or date.max
    ):
        return Agreement.PAUSED
    if state.last_processed_at is not None:
        return Agreement.BEGUN
    return Agreement.MISSING if state.agreed_from is None else Agreement.EXPECTED


def expected_months(state: UnitState, today: date, since: date | None) -> Months:
    """Return the months that a unit's deliveries must cover.

    From January 2017, or from the month in which its system took over, to the last month that is
    over, or that of the agreement's end.
    """
    last = today.replace(day=1) - timedelta(1)
    if state.agreed_to is not None:
        last = min(last, state.agreed_to)
    before = months_before(since) if since else 0
    return months_until(last) & ~before


def _took_over(states: Iterable[UnitState]) -> Mapping[tuple[str, str], date]:
    """Return when each system began that is not the first of its unit."""
    by_unit: dict[str, list[tuple[date, str]]] = {}
    for state in states:
        began = _began(state)
        if began is not None:
            by_unit.setdefault(state.org_nr, []).append((began, state.system))
    return dict(_later(by_unit))


def _later(
    by_unit: Mapping[str, list[tuple[date, str]]],
) -> Iterator[tuple[tuple[str, str], date]]:
    for org_nr, began in by_unit.items():
        for day, system in sorted(began)[1:]:
            yield (org_nr, system), day


def _began(state: UnitState) -> date | None:
    first = _shown(state.first_delivery_at, ExporterClock())
    return state.agreed_from or (first and norwegian_date(first))


def _days_without_content(state: UnitState, now: datetime, clock: ExporterClock) -> int | None:
    """Count from the newest content, or from the first delivery where none had content."""
    since = _shown(state.last_content_at or state.first_delivery_at, clock)
    if since is None:
        return None
    return school_days_between(norwegian_date(since), norwegian_date(now))


def _shown(at: int | None, clock: ExporterClock) -> datetime | None:
    return None if at is None else clock.show(at / 1000)
