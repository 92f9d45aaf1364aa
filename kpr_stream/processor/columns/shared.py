"""Send accepted items item by item where another item may change what their person is. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from kpr_stream.model.header import NO_KEY
from kpr_stream.processor.columns.gather import Rows
from kpr_stream.processor.columns.judge import Decisions
from kpr_stream.processor.columns.look_up import Keyed
from kpr_stream.processor.columns.persons import Persons
from kpr_stream.processor.decide.links import NamedPerson, is_new
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.state.known import ContentVersion
from kpr_stream.processor.state.link_entries import (
    local_id_entry_key,
    read_known_id,
    read_known_ids,
)
from kpr_stream.processor.state.overlay import Overlay


class NewLocalId(NamedTuple):
    """A national id that a unit reports for one of its own persons for the first time."""

    person: bytes
    local: bytes
    born: bytes


def settle_shared(
    rows: Rows,
    persons: Persons,
    keyed: Keyed,
    judged: Decisions,
    overlay: Overlay,
    emitter: Emitter,
) -> dict[int, NewLocalId]:
    """Send items that are not plain after all item by item; return the new ids by row.

    An accepted item is not plain if it shares its person, or the unit's own person, with an item
    that goes item by item. So is an item whose local person has another id or birth date.
    """
    accepted = judged.accepted()
    new_ids, unclear = _new_local_ids(accepted, rows, persons, keyed, overlay, emitter)
    _send_away(accepted, unclear, persons, judged)
    return {row: new for row, new in new_ids.items() if judged.outcomes[row] is not None}


def _send_away(
    accepted: Iterable[int], unclear: Collection[int], persons: Persons, judged: Decisions
) -> None:
    """Send rows item by item, and with them all that share a person, until nothing changes."""
    naming: dict[int, list[int]] = defaultdict(list)
    for row in accepted:
        for at in (persons.first[row], persons.local[row]):
            if at is not None:
                naming[at].append(row)
    for row in unclear:
        judged.outcomes[row] = None
    away = [row for row, outcome in enumerate(judged.outcomes) if outcome is None]
    seen: set[int] = set()
    while away:
        for at in persons.all_of(away.pop()):
            if at in seen:
                continue
            seen.add(at)
            for row in naming[at]:
                if judged.outcomes[row] is not None:
                    judged.outcomes[row] = None
                    away.append(row)


def _new_local_ids(
    accepted: Iterable[int],
    rows: Rows,
    persons: Persons,
    keyed: Keyed,
    overlay: Overlay,
    emitter: Emitter,
) -> tuple[dict[int, NewLocalId], set[int]]:
    """Return the new ids of local persons by row, and the rows where more is to be looked at."""
    by_local: dict[int, list[int]] = defaultdict(list)
    is_accepted = {*accepted}
    for row in rows.in_order:
        local = persons.local[row]
        if row in is_accepted and local is not None and keyed.local_id_entries[row] is not None:
            by_local[local].append(row)
    births = rows.column("_birth_date")
    reported: list[tuple[int, NewLocalId, list[int]]] = []
    unclear: set[int] = set()
    for local, members in by_local.items():
        if len({(persons.first[row], births[row]) for row in members}) > 1:
            unclear.update(members)
            continue
        person = persons.keys[persons.first[members[0]] or 0]
        key, born, day = persons.keys[local], NO_KEY, births[members[0]]
        if day is not None:
            born = emitter.pseudonyms.born_hash(key, day)
        new = NewLocalId(person, key, born)
        first = _first_new(members, rows, new, overlay)
        if first is not None:
            reported.append((first, new, members))
    overlay.prefetch_from(local_id_entry_key(new.local) for _, new, _ in reported)
    new_ids: dict[int, NewLocalId] = {}
    for first, new, members in reported:
        known = read_known_ids(overlay.entries_from(local_id_entry_key(new.local)))
        if known.keys() - {new.person}:
            unclear.update(members)
        else:
            new_ids[first] = new
    return new_ids, unclear


def _first_new(members: Iterable[int], rows: Rows, new: NewLocalId, overlay: Overlay) -> int | None:
    """Return the first row that says something new of a local person's id."""
    entry = overlay.get(local_id_entry_key(new.local, new.person))
    before = read_known_id(entry) if entry else None
    named = NamedPerson(new.person, (new.person,), new.local, agree=True, born=new.born)
    for row in members:
        envelope = rows.envelope(row)
        version = ContentVersion(envelope.extracted_at, envelope.sequence)
        if is_new(before, named, version):
            return row
    return None
