"""Make the identity records of plain items, and the records of the units' own ids. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kpr_stream.model.delivery import PersonId
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.columns.gather import Rows
from kpr_stream.processor.columns.persons import Persons
from kpr_stream.processor.columns.shared import NewLocalId
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.identity import identity_hash, identity_record
from kpr_stream.processor.emit.links import local_id_record
from kpr_stream.processor.state.entries import person_entry_key
from kpr_stream.processor.state.overlay import Overlay


class _Named(NamedTuple):
    """What an item states of its person."""

    person: PersonId
    birth_date: int | None
    sex: str | None


def identity_records(
    accepted: Iterable[int], rows: Rows, persons: Persons, overlay: Overlay, emitter: Emitter
) -> dict[int, OutputRecord]:
    """Return the identity records by row: where a person is new, or has another content.

    ``accepted`` are rows in the order in which items are decided.
    """
    births, sexes = rows.column("_birth_date"), rows.column("_sex")
    hashes: dict[tuple[int, int | None, str | None], bytes] = {}
    known: dict[int, bytes | None] = {}
    found: dict[int, OutputRecord] = {}
    for row in accepted:
        at = persons.first[row]
        if at is None:
            continue
        content = at, births[row], sexes[row]
        named = _Named(persons.person(at), births[row], sexes[row])
        if content not in hashes:
            hashes[content] = identity_hash(emitter, named)
        key = persons.keys[at]
        before = known[at] if at in known else overlay.get(person_entry_key(key))
        known[at] = hashes[content]
        if before != hashes[content]:
            found[row] = identity_record(
                emitter,
                rows.deliveries[rows.delivery[row]].arrived.source,
                named,
                person_key=key,
                content_hash=hashes[content],
            )
    return found


def own_id_records(
    new_ids: Mapping[int, NewLocalId], rows: Rows, emitter: Emitter
) -> dict[int, OutputRecord]:
    """Return the records of the units' own ids by row."""
    return {
        row: local_id_record(
            emitter,
            rows.deliveries[rows.delivery[row]].arrived,
            person=new.person,
            local=new.local,
            born=new.born,
        )
        for row, new in new_ids.items()
    }
