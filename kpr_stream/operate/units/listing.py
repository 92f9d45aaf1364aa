"""Lists the units that are blocked, silent or paused, or that have gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.report_deadline import expectation_of, next_deadline, norwegian_date
from kpr_stream.model.topics import UNIT, Role
from kpr_stream.model.unit import UnitState
from kpr_stream.operate.newest import newest
from kpr_stream.settings import Settings

_SHOWN = (
    "org_nr",
    "system",
    "municipality_code",
    "next_sequence",
    "blocked_since",
    "blocked_reason",
    "gaps",
    "paused_from",
    "paused_until",
    "agreed_from",
    "agreed_to",
)


class Concern(StrEnum):
    """What an operator looks for among units."""

    BLOCKED = "blocked"
    SILENT = "silent"
    GAPS = "gaps"
    PAUSED = "paused"


async def list_units(
    settings: Settings, wanted: Collection[Concern], *, now: datetime
) -> list[dict[str, Any]]:
    """Return a row for every unit and system of a wanted concern; all of them without one."""
    states = await newest(kafka_access(settings, Role.OPERATOR), UNIT, "unit_state")
    return list_states(states, wanted, now=now)


def list_states(
    states: Iterable[Mapping[str, Any]], wanted: Collection[Concern], *, now: datetime
) -> list[dict[str, Any]]:
    """Return the rows of these states, sorted by unit and system."""
    rows = [_row(state, now=now) for state in states]
    found = [row for row in rows if not wanted or set(row["concerns"]) & set(wanted)]
    return sorted(found, key=lambda row: (row["org_nr"], row["system"]))


def concerns_of(state: Mapping[str, Any], *, now: datetime) -> set[Concern]:
    """Return what a state is listed under."""
    unit = UnitState.from_record(dict(state))
    return _concerns(unit, _due(unit), now)


def _concerns(unit: UnitState, due: datetime | None, now: datetime) -> set[Concern]:
    paused, today = unit.paused_from, norwegian_date(now)
    holds = {
        Concern.BLOCKED: unit.blocked_since is not None,
        Concern.SILENT: due is not None and due < now,
        Concern.GAPS: bool(unit.gaps),
        Concern.PAUSED: paused is not None and paused <= today <= (unit.paused_until or today),
    }
    return {concern for concern, is_so in holds.items() if is_so}


def _row(state: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    unit = UnitState.from_record(dict(state))
    due = _due(unit)
    concerns = _concerns(unit, due, now)
    return {name: state[name] for name in _SHOWN} | {
        "concerns": [one.value for one in Concern if one in concerns],
        "last_delivery_at": _heard(unit),
        "missing_sequences": unit.missing_sequences,
        "next_delivery_due": due,
    }


def _due(unit: UnitState) -> datetime | None:
    return next_deadline(expectation_of(unit, heard=_heard(unit)))


def _heard(unit: UnitState) -> datetime | None:
    """Return when the last delivery was processed. A refused one is no report."""
    at = unit.last_processed_at
    return None if at is None else datetime.fromtimestamp(at / 1000, UTC)
