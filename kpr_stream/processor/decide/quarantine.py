"""What happens to rejected items: opened, and closed by a newer report of the same item. Pure.

At most one rejection of an item is open: a newer one of the same consultation takes its place.
"""

from __future__ import annotations

from typing import Any

from kpr_stream.model.delivery import Arrived, PreparedItem, SourceRecord
from kpr_stream.model.quarantine import ItemState
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.quarantined import quarantined_records, state_record
from kpr_stream.processor.state.command_entries import open_entry_key, rejected_entry_key
from kpr_stream.schemas import wire


def open_state(uow: UnitOfWork, quarantine_id: str) -> dict[str, Any] | None:
    """Return the state of an open item; None if the item is closed or unknown here."""
    known = uow.overlay.get(open_entry_key(bytes.fromhex(quarantine_id)))
    return wire.decode("quarantine_state", known) if known else None


def quarantine(
    uow: UnitOfWork, arrived: Arrived, item: PreparedItem, item_key: bytes | None
) -> None:
    """Put a rejected item into quarantine; close an earlier open rejection of the same item."""
    if item_key is not None:
        close_open(uow, arrived.source, item_key)
    for record in quarantined_records(uow.emitter, arrived, item, item_key=item_key):
        uow.write(record)


def close_open(uow: UnitOfWork, source: SourceRecord, item_key: bytes) -> None:
    """Close the open rejection of an item, if any: its unit has sent the item again."""
    quarantine_id = uow.overlay.get(rejected_entry_key(item_key))
    if quarantine_id is not None:
        known = open_state(uow, quarantine_id.hex())
        if known is not None:
            uow.write(state_record(source, known, ItemState.CLOSED))
