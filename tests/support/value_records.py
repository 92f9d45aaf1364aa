"""Make receipts and states of units and of rejected items, for tests of their readers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kpr_stream.model.delivery_facts import DeliveryFacts, written_at
from kpr_stream.model.topics import QUARANTINE_STATE, UNIT, receipt_topic
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.model.words import System
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema
from tests.support.sink_records import OURS, Incoming

AT: Final = datetime(2026, 3, 2, 5, tzinfo=UTC)
"""When the delivery of offset 0 was received; each further offset is a day later."""
SYSTEM: Final = System.VISMA_HSPRO
RECEIPTS: Final = receipt_topic(SYSTEM)
LANE: Final = 3
NO_COUNTS: Final = dict.fromkeys(
    ("accepted", "corrected", "deleted", "duplicate", "superseded", "stale", "rejected"), 0
)
TEXT: Final = dict.fromkeys(("text_no", "text_en", "action_no", "action_en"), "-")


def received(offset: int) -> datetime:
    """Return when the delivery of an offset was received."""
    return AT + timedelta(days=offset)


def receipt(
    offset: int, org_nr: str, *, municipality: str = "0301", version: int = 1, **more: Any
) -> Incoming:
    """Make a receipt of a processed delivery that covers the day before."""
    counts = NO_COUNTS | more.pop("counts", {})
    facts = DeliveryFacts(
        municipality_code=municipality,
        district_code=None,
        software_version="7.1",
        contract_version="1",
        period_from=more.pop(
            "period_from", (received(offset) - timedelta(days=1)).date().isoformat()
        ),
        period_to=more.pop("period_to", (received(offset) - timedelta(days=1)).date().isoformat()),
        extracted_at=round((received(offset) - timedelta(hours=1)).timestamp() * 1000),
    )
    made = {
        "delivery_id": f"00000000-0000-4000-8000-{offset:012d}",
        "attempt": 1,
        "org_nr": org_nr,
        "system": SYSTEM.value,
        "message_type": "consultation",
        "sequence": offset + 1,
        "status": "processed",
        "reason": None,
        "expected_sequence": offset + 2,
        "item_count": sum(counts.values()),
        "counts": counts,
        "items": [],
        "texts": [],
        "part": 1,
        "parts": 1,
        "source_partition": LANE,
        "source_offset": offset,
        "received_at": received(offset),
        "rule_set_version": "4",
    } | more
    value = wire.encode_with(schema("receipt", version), made)
    stamp = written_at(round((received(offset) + timedelta(seconds=1)).timestamp() * 1000))
    return Incoming(
        LANE,
        offset,
        org_nr.encode(),
        value,
        (*OURS, facts.header(), stamp),
        round(received(offset).timestamp() * 1000),
    )


def item(index: int, outcome: str, *findings: tuple[str, str]) -> dict[str, Any]:
    """Make an item of a receipt; a finding is a rule and a pointer."""
    return {
        "index": index,
        "local_id": f"local-{index}",
        "outcome": outcome,
        "findings": [{"rule": rule, "pointer": pointer} for rule, pointer in findings],
    }


def unit_state(offset: int, org_nr: str, *, municipality: str = "0301", **more: Any) -> Incoming:
    """Make the state of a unit."""
    state = UnitState(
        org_nr=org_nr,
        system=SYSTEM,
        municipality_code=municipality,
        last_delivery_at=round(received(offset).timestamp() * 1000),
        **more,
    )
    value = wire.encode("unit_state", state.to_record())
    return Incoming(LANE, offset, unit_key(org_nr, SYSTEM), value, OURS)


def quarantine_state(offset: int, number: int, org_nr: str, state: str = "open") -> Incoming:
    """Make the state of a rejected item."""
    key = f"{number:032x}"
    record = {
        "quarantine_id": key,
        "org_nr": org_nr,
        "system": SYSTEM.value,
        "state": state,
        "since": received(offset),
        "rules": ["START_MISSING"],
        "item_key": "f" * 32,
    }
    return Incoming(LANE, offset, key.encode(), wire.encode("quarantine_state", record), OURS)


TOPIC_OF: Final = {"receipt": RECEIPTS, "unit": UNIT, "quarantine": QUARANTINE_STATE}
"""Topics of these records."""
