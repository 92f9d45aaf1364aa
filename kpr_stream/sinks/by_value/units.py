"""The row of a unit's state: its newest record. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kpr_stream.model.coverage import from_bytes, month_names
from kpr_stream.model.topics import UNIT
from kpr_stream.model.words import OUTCOMES
from kpr_stream.schemas import wire
from kpr_stream.sinks.by_value.tables import Row, ValueTable, ValueTopic
from kpr_stream.sinks.latest import SinkRecord

UNITS: Final = ValueTable(name="unit", unique=("org_nr", "system"), mirror=True)

_COPIED: Final = (
    *("org_nr", "system", "municipality_code", "next_sequence", "blocked_since", "blocked_reason"),
    *("software_version", "last_delivery_at", "paused_from", "paused_until", "agreed_from"),
    *("agreed_to", "first_delivery_at", "last_processed_at", "last_content_at"),
)


def unit_topic() -> ValueTopic:
    """Return the states of units."""
    return ValueTopic(topic=UNIT, tables=(UNITS,), rows_of=rows_of, key_of=key_of)


def rows_of(record: SinkRecord) -> Mapping[str, Sequence[Row]]:
    """Return the row of a unit's state, without what the receiver keeps to judge repeats by."""
    state = wire.decode("unit_state", record.value or b"")
    totals = state["totals"] or {}
    items = totals.get("items", (None,) * len(OUTCOMES))
    row = {name: state[name] for name in _COPIED}
    row |= {
        "missing_sequences": sum(gap["last"] - gap["first"] + 1 for gap in state["gaps"]),
        "counted_from": totals.get("counted_from"),
        "deliveries": totals.get("processed"),
        "empty_deliveries": totals.get("empty"),
        "refused_attempts": totals.get("refused"),
        "covered_months": month_names(from_bytes(state["covered_months"] or b"")),
    }
    row |= {f"{one.value}_items": number for one, number in zip(OUTCOMES, items, strict=True)}
    return {UNITS.name: [row]}


def key_of(key: bytes) -> Row:
    """Return the primary key of a record key, ``org_nr/system``."""
    org_nr, _, system = key.decode("ascii").partition("/")
    return {"org_nr": org_nr, "system": system}
