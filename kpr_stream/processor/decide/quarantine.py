"""What becomes of rejected items: opened, closed by a better version, replayed, discarded. Pure.

One rejection of an item is open at most: a newer one of the same consultation takes its place.
"""

from __future__ import annotations

from typing import Any

from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, PreparedItem, SourceRecord
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.quarantine import ItemState
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.state.command_entries import open_entry_key, rejected_entry_key
from kpr_stream.schemas import wire


def open_state(uow: UnitOfWork, quarantine_id: str) -> dict[str, Any] | None:
    """The state of an item that is open; None if it is not, or was never here."""
    known = uow.overlay.get(open_entry_key(bytes.fromhex(quarantine_id)))
    return wire.decode("quarantine_state", known) if known else None


def quarantine(
    uow: UnitOfWork, arrived: Arrived, item: PreparedItem, item_key: bytes | None
) -> None:
    """Put a rejected item into quarantine; an earlier open rejection of it is closed."""
    if item_key is not None:
        close_open(uow, arrived.source, item_key)
    for record in uow.emitter.quarantined(arrived, item, item_key=item_key):
        uow.write(record)


def close_open(uow: UnitOfWork, source: SourceRecord, item_key: bytes) -> None:
    """Close the open rejection of an item, if there is one: its unit has sent it again."""
    quarantine_id = uow.overlay.get(rejected_entry_key(item_key))
    if quarantine_id is not None:
        known = open_state(uow, quarantine_id.hex())
        if known is not None:
            uow.write(state_record(source, known, ItemState.CLOSED))


def state_record(
    source: SourceRecord,
    before: dict[str, Any],
    state: ItemState,
    *,
    rules: tuple[str, ...] | None = None,
    command_id: str | None = None,
) -> OutputRecord:
    """A quarantined item's next state, brought about by ``source``."""
    record = before | {
        "state": state.value,
        "since": source.received_at,
        "rules": before["rules"] if rules is None else list(rules),
        "command_id": command_id,
    }
    item_key = record["item_key"]
    header = LedgerHeader(
        source.topic_index,
        source.offset,
        HeaderStatus.LIVE if state is ItemState.OPEN else HeaderStatus.DELETED,
        natural_key=bytes.fromhex(item_key) if item_key else NO_KEY,
    )
    value = wire.encode("quarantine_state", record)
    key = record["quarantine_id"].encode()
    return OutputRecord(topics.QUARANTINE_STATE, key, value, header, source.received_at)
