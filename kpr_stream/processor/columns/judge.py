"""Judge which items of a batch are plain, and their outcomes. Pure.

An item is plain if its key comes once in the batch, no rejection of the item is open, and its
outcome changes nothing. An item that is accepted over nothing known is plain too, if the item
names its person by at most one national id, the person has no right and no stop mark, the unit has
one system, and no item that goes item by item may change what is known of the person (``shared``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model.unit import unit_key
from kpr_stream.model.words import SYSTEMS, Operation, Outcome, System
from kpr_stream.processor.columns.gather import Rows
from kpr_stream.processor.columns.look_up import Keyed
from kpr_stream.processor.columns.persons import Persons
from kpr_stream.processor.decide.outcome import outcome_of
from kpr_stream.processor.decide.unit_of_work import known_unit
from kpr_stream.processor.state.command_entries import (
    rejected_entry_key,
    sent_without_id_entry_key,
)
from kpr_stream.processor.state.entries import read_entry
from kpr_stream.processor.state.known import ContentVersion
from kpr_stream.processor.state.overlay import Overlay

LONGEST_CONTENT: Final = 4_000
"""Characters of an item that is written in columns: the longest row takes its room in all rows."""
_CHANGES_NOTHING: Final = (Outcome.DUPLICATE, Outcome.STALE)


@dataclass(frozen=True, slots=True, repr=False)
class Decisions:
    """What becomes of each row."""

    outcomes: list[Outcome | None]
    """None: the item goes item by item."""
    content_hashes: list[bytes]
    """Of each accepted row; of others any."""

    def accepted(self) -> list[int]:
        """Return the rows of plain items that write a record."""
        return [row for row, one in enumerate(self.outcomes) if one is Outcome.ACCEPTED]


def judge(
    rows: Rows, persons: Persons, keyed: Keyed, overlay: Overlay, pseudonyms: Pseudonyms
) -> Decisions:
    """Return the outcomes of plain items, as far as each item shows for itself."""
    count = len(rows.place)
    outcomes: list[Outcome | None] = [None] * count
    hashes = [b""] * count
    times = Counter(keyed.keys)
    versions = [
        ContentVersion(p.arrived.envelope.extracted_at, p.arrived.envelope.sequence)
        for p in rows.deliveries
    ]
    alone, named_by_content = _alone(rows, overlay), _named_by_content(rows, overlay)
    for row in range(count):
        key, entry_key, delivery = keyed.keys[row], keyed.entry_keys[row], rows.delivery[row]
        operation = rows.operations[row]
        if (
            key is None
            or entry_key is None
            or rows.rejected[row]
            or operation is Operation.DELETE
            or times[key] > 1
            or named_by_content[delivery]
            or overlay.get(rejected_entry_key(key)) is not None
        ):
            continue
        entry = overlay.get(entry_key)
        content_hash = pseudonyms.content_hash(rows.contents[row])
        if entry is None and operation is Operation.UPSERT:
            if alone[delivery] and _is_simple(rows, persons, row):
                outcomes[row], hashes[row] = Outcome.ACCEPTED, content_hash
            continue
        outcome = outcome_of(
            read_entry(entry) if entry else None,
            operation=operation,
            rejected=False,
            version=versions[delivery],
            content_hash=content_hash,
        )
        if outcome in _CHANGES_NOTHING:
            outcomes[row] = outcome
    return Decisions(outcomes, hashes)


def _is_simple(rows: Rows, persons: Persons, row: int) -> bool:
    """Whether an item can be written without looking at other ids, rights or long texts."""
    if len(rows.contents[row]) > LONGEST_CONTENT:
        return False
    first, local = persons.first[row], persons.local[row]
    if first is None:
        return True
    if row in persons.several:
        return False
    return first not in persons.protected and local not in persons.protected


def _alone(rows: Rows, overlay: Overlay) -> list[bool]:
    """Return for each delivery whether its unit has no other system after this batch."""
    systems: dict[str, set[System]] = {}
    for prepared in rows.deliveries:
        org_nr, system = prepared.arrived.envelope.org_nr, prepared.arrived.envelope.system
        if org_nr not in systems:
            systems[org_nr] = {
                one
                for one in SYSTEMS
                if known_unit(overlay, org_nr, one).first_delivery_at is not None
            }
        systems[org_nr].add(system)
    return [len(systems[prepared.arrived.envelope.org_nr]) == 1 for prepared in rows.deliveries]


def _named_by_content(rows: Rows, overlay: Overlay) -> Sequence[bool]:
    """Return for each delivery whether its items are known by their content, too.

    They are as soon as the unit has sent an item without an id: see ``decide/quarantine.py``.
    """
    without_id: dict[bytes, int] = {}
    for row in rows.in_order:
        if not rows.local_ids[row]:
            envelope = rows.envelope(row)
            without_id.setdefault(unit_key(envelope.org_nr, envelope.system), rows.delivery[row])
    found = []
    for number, prepared in enumerate(rows.deliveries):
        unit = unit_key(prepared.arrived.envelope.org_nr, prepared.arrived.envelope.system)
        before = overlay.get(sent_without_id_entry_key(unit)) is not None
        found.append(before or without_id.get(unit, number) < number)
    return found
