"""The row of a rejected item's state: its newest record. Pure.

The key of the item and the command that changed the state are left out: operators find both on the
topic, and nobody else needs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kpr_stream.model.topics import QUARANTINE_STATE
from kpr_stream.schemas import wire
from kpr_stream.sinks.by_value.tables import Row, ValueTable, ValueTopic
from kpr_stream.sinks.latest import SinkRecord, key_as_uuid

STATES: Final = ValueTable(name="quarantine_state", unique=("quarantine_id",), mirror=True)
_COPIED: Final = (
    *("quarantine_id", "org_nr", "system", "state", "since", "rules", "message_type", "sequence"),
    "software_version",
)


def quarantine_topic() -> ValueTopic:
    """Return the states of rejected items."""
    return ValueTopic(topic=QUARANTINE_STATE, tables=(STATES,), rows_of=rows_of, key_of=key_of)


def rows_of(record: SinkRecord) -> Mapping[str, Sequence[Row]]:
    """Return the row of an item's state."""
    state = wire.decode("quarantine_state", record.value or b"")
    return {STATES.name: [{name: state[name] for name in _COPIED}]}


def key_of(key: bytes) -> Row:
    """Return the primary key of a record key."""
    return {"quarantine_id": str(key_as_uuid(key))}
