"""Look up what a lane knows of a batch's items: one read of the ledger for all. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model.unit import unit_key
from kpr_stream.model.words import SYSTEMS, MessageType
from kpr_stream.processor.columns.gather import Rows
from kpr_stream.processor.columns.persons import Persons
from kpr_stream.processor.decide.items import entry_key_of
from kpr_stream.processor.state.command_entries import (
    rejected_entry_key,
    sent_without_id_entry_key,
)
from kpr_stream.processor.state.entries import person_entry_key, unit_entry_key
from kpr_stream.processor.state.link_entries import local_id_entry_key
from kpr_stream.processor.state.overlay import Overlay


@dataclass(frozen=True, slots=True, repr=False)
class Keyed:
    """The keys of each row, None for an item without an id."""

    keys: Sequence[bytes | None]
    entry_keys: Sequence[bytes | None]
    """The ledger key of the item's record."""
    local_id_entries: Sequence[bytes | None]
    """The ledger key of the national id of a unit's own person, if the item names both."""


def key_items(rows: Rows, persons: Persons, pseudonyms: Pseudonyms) -> Keyed:
    """Return the keys of all rows."""
    keys: list[bytes | None] = []
    entry_keys: list[bytes | None] = []
    makers = []
    for prepared in rows.deliveries:
        envelope = prepared.arrived.envelope
        is_consultation = envelope.message_type == MessageType.CONSULTATION
        make = pseudonyms.consultation_key if is_consultation else pseudonyms.appointment_key
        makers.append((make, envelope.org_nr, envelope.system, entry_key_of(envelope.message_type)))
    for local_id, delivery in zip(rows.local_ids, rows.delivery, strict=True):
        make, org_nr, system, entry_key = makers[delivery]
        key = make(org_nr, system, local_id) if local_id else None
        keys.append(key)
        entry_keys.append(entry_key(key) if key else None)
    pairs: list[bytes | None] = [
        None
        if local is None or first is None or first == local
        else local_id_entry_key(persons.keys[local], persons.keys[first])
        for first, local in zip(persons.first, persons.local, strict=True)
    ]
    return Keyed(keys, entry_keys, pairs)


def look_up(rows: Rows, persons: Persons, keyed: Keyed, overlay: Overlay) -> None:
    """Read everything that the decision of plain items asks for."""
    units = {
        (prepared.arrived.envelope.org_nr, prepared.arrived.envelope.system)
        for prepared in rows.deliveries
    }
    wanted = [key for key in keyed.entry_keys if key]
    wanted += [rejected_entry_key(key) for key in keyed.keys if key]
    wanted += [key for key in dict.fromkeys(keyed.local_id_entries) if key]
    wanted += [person_entry_key(persons.keys[at]) for at in {*persons.first} - {None}]  # type: ignore[index]
    wanted += [sent_without_id_entry_key(unit_key(*unit)) for unit in units]
    orgs = {org_nr for org_nr, _ in units}
    wanted += [unit_entry_key(unit_key(org_nr, system)) for org_nr in orgs for system in SYSTEMS]
    overlay.prefetch(wanted)
