"""What happens to rejected items: opened, and closed by a newer report of the same item. Pure.

At most one rejection of an item is open: a newer one of the same consultation takes its place. An
item without an id is known again by all that it holds: see ``substitute_keys``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from kpr_stream.model.delivery import Arrived, PreparedItem, SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.quarantine import ItemState
from kpr_stream.model.unit import unit_key
from kpr_stream.model.words import MessageType
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.quarantined import quarantined_records, state_record
from kpr_stream.processor.frame.canonical_text import without_field
from kpr_stream.processor.state.command_entries import (
    open_entry_key,
    rejected_entry_key,
    sent_without_id_entry_key,
    substitute_entry_key,
)
from kpr_stream.schemas import wire
from kpr_stream.schemas.contract import ID_FIELDS


class ItemKeys(NamedTuple):
    """The keys under which a rejection of an item may be open."""

    item_key: bytes | None
    """Key of the consultation or appointment; None for an item without an id."""
    substitute: bytes | None
    """None for an item with an id, if its unit has never sent one without."""


def substitute_keys(
    uow: UnitOfWork, arrived: Arrived, items: Sequence[PreparedItem]
) -> list[bytes | None]:
    """Return the substitutes of a delivery's items: keys made from all that they hold but the id.

    An item without an id that comes again unchanged has the same substitute, whether it has an id
    now or not. Equal items of one delivery are numbered, so that none takes the place of another.
    Items with an id have one only if their unit has sent items without: the usual delivery pays
    nothing.
    """
    envelope = arrived.envelope
    unit = unit_key(envelope.org_nr, envelope.system)
    of_all = uow.overlay.get(sent_without_id_entry_key(unit)) is not None
    id_field = ID_FIELDS[MessageType(envelope.message_type)]
    seen: Counter[tuple[bool, str]] = Counter()
    keys: list[bytes | None] = []
    for item in items:
        if item.local_id and not of_all:
            keys.append(None)
            continue
        content = f"{id_field}|{item.operation}|{without_field(item.content, id_field)}"
        alike = bool(item.local_id), content
        keys.append(
            uow.emitter.pseudonyms.substitute_key(
                envelope.org_nr, envelope.system, content, seen[alike]
            )
        )
        seen[alike] += 1
    return keys


def open_state(uow: UnitOfWork, quarantine_id: str) -> dict[str, Any] | None:
    """Return the state of an open item; None if the item is closed or unknown here."""
    known = uow.overlay.get(open_entry_key(bytes.fromhex(quarantine_id)))
    return wire.decode("quarantine_state", known) if known else None


def next_state_record(
    uow: UnitOfWork,
    source: SourceRecord,
    before: dict[str, Any],
    state: ItemState,
    *,
    rules: tuple[str, ...] | None = None,
    command_id: str | None = None,
) -> OutputRecord:
    """Return the next state of an open item; ``before`` is what ``open_state`` returned."""
    return state_record(
        source,
        before,
        state,
        substitute=uow.overlay.get(substitute_entry_key(bytes.fromhex(before["quarantine_id"]))),
        rules=rules,
        command_id=command_id,
    )


def quarantine(uow: UnitOfWork, arrived: Arrived, item: PreparedItem, keys: ItemKeys) -> None:
    """Put a rejected item into quarantine; close an earlier open rejection of the same item."""
    close_open(uow, arrived.source, keys)
    for record in quarantined_records(
        uow.emitter,
        arrived,
        item,
        item_key=keys.item_key,
        substitute=None if keys.item_key else keys.substitute,
    ):
        uow.write(record)


def close_open(uow: UnitOfWork, source: SourceRecord, keys: ItemKeys) -> None:
    """Close the open rejections of an item, if any: its unit has sent the item again."""
    for key in filter(None, keys):
        quarantine_id = uow.overlay.get(rejected_entry_key(key))
        known = open_state(uow, quarantine_id.hex()) if quarantine_id else None
        if known is not None:
            uow.write(next_state_record(uow, source, known, ItemState.CLOSED))
