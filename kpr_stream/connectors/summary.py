"""Report what a run did, as one JSON value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from kpr_stream.connectors.mapping.unmapped import UnmappedCode, shown
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.outbox.records import DeliveryTotals
from kpr_stream.model.words import System


def summary(
    outbox: Outbox,
    system: System,
    *,
    seconds: float,
    unmapped: Mapping[UnmappedCode, int] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the summary of a run. ``unmapped`` counts the codes that no row maps.

    ``files``, ``deliveries``, ``items_sent``, ``outcomes`` and ``findings`` are of this run (what
    it saw answered); ``total`` and ``units`` are of all runs since the outbox was made.
    """
    of_run, of_all = outbox.totals(of_this_run=True), outbox.totals(of_this_run=False)
    now = _sum(of_run.values())
    rows = outbox.unit_rows()
    return {
        "system": system,
        "files": outbox.files_kept(),
        "deliveries": now.deliveries,
        "items_sent": now.items,
        "outcomes": now.outcomes,
        "findings": outbox.findings(),
        "unmapped": [
            {"field": one.field, "code": one.code, "items": number}
            for one, number in sorted(shown(unmapped).items())
        ],
        "refused": [
            {
                "org_nr": row["org_nr"],
                "sequence": row["oldest_unanswered"],
                "reason": row["reason"],
                "refusal": row["refusal"] and asdict(row["refusal"]),
            }
            for row in held(rows)
        ],
        "total": asdict(_sum(of_all.values())),
        "units": {
            row["org_nr"]: {
                "status": row["status"],
                "next_sequence": row["next_sequence"],
                "unanswered": row["unanswered"],
                **asdict(of_all.get(row["org_nr"], DeliveryTotals())),
            }
            for row in rows
        },
        "seconds": round(seconds, 3),
    }


def held(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the units of an outbox that wait for an operator to release or rebuild them."""
    return [r for r in rows if r["status"] in (UnitStatus.BLOCKED, UnitStatus.STOPPED)]


def _sum(found: Iterable[DeliveryTotals]) -> DeliveryTotals:
    total = DeliveryTotals()
    for one in found:
        total.deliveries += one.deliveries
        total.items += one.items
        for outcome, number in one.outcomes.items():
            total.outcomes[outcome] += number
    return total
