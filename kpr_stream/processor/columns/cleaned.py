"""Make the cleaned records of plain items that are accepted, with their ledger entries. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kpr_stream.model.header import NO_KEY
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import MessageType, system_number
from kpr_stream.processor.columns.gather import FrameRows, Rows
from kpr_stream.processor.columns.judge import Decisions
from kpr_stream.processor.columns.look_up import Keyed
from kpr_stream.processor.columns.persons import Persons
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.live_records import Accepted, live_records
from kpr_stream.processor.items.framed import Framed
from kpr_stream.processor.state.entries import Entries, natural_entry_key


class Cleaned(NamedTuple):
    """The record of an accepted item and its ledger entries."""

    record: OutputRecord
    entries: Entries


def cleaned_records(
    accepted: Sequence[int],
    rows: Rows,
    persons: Persons,
    keyed: Keyed,
    judged: Decisions,
    emitter: Emitter,
) -> dict[int, Cleaned]:
    """Return the cleaned records of accepted rows, by row."""
    found: dict[int, Cleaned] = {}
    for part in rows.parts:
        there = part.rows
        here = [row for row in accepted if row in there]
        if here:
            made = _of_part(part, here, rows, persons, keyed, judged, emitter)
            found.update(zip(here, made, strict=True))
    return found


def _of_part(
    part: FrameRows,
    here: Sequence[int],
    rows: Rows,
    persons: Persons,
    keyed: Keyed,
    judged: Decisions,
    emitter: Emitter,
) -> list[Cleaned]:
    framed = part.framed
    if len(here) < len(part.rows):
        framed = framed.take([row - part.first for row in here])
    first = [persons.first[row] for row in here]
    deliveries = [prepared.arrived for prepared in rows.deliveries]
    accepted = Accepted(
        framed=framed,
        deliveries=deliveries,
        delivery=np.array([rows.delivery[row] for row in here], np.intp),
        keys=[keyed.keys[row] or NO_KEY for row in here],
        person_keys=[None if at is None else persons.keys[at] for at in first],
        natural_keys=_natural_keys(
            framed,
            first,
            [deliveries[rows.delivery[row]].envelope.org_nr for row in here],
            persons,
            emitter,
        ),
        content_hashes=[judged.content_hashes[row] for row in here],
    )
    systems = accepted.each(lambda one: bytes((system_number(one.envelope.system),)))
    found = []
    for row, (record, entry), key, natural, system in zip(
        *(here, live_records(emitter, accepted), accepted.keys, accepted.natural_keys, systems),
        strict=True,
    ):
        entries = {keyed.entry_keys[row] or b"": entry}
        if natural != NO_KEY:
            entries[natural_entry_key(natural, key)] = system
        found.append(Cleaned(record, entries))
    return found


def _natural_keys(
    framed: Framed,
    first: Sequence[int | None],
    orgs: Sequence[str],
    persons: Persons,
    emitter: Emitter,
) -> list[bytes]:
    """Return the natural key of each item: see ``emit/person_keys.py``."""
    if framed.message_type != MessageType.CONSULTATION:
        return [NO_KEY] * len(first)
    minutes = framed.ready.get_column("_start_minute").to_list()
    natural_key = emitter.pseudonyms.natural_key
    return [
        NO_KEY
        if at is None or minute is None or persons.is_local(at)
        else natural_key(persons.keys[at], org_nr, minute)
        for at, minute, org_nr in zip(first, minutes, orgs, strict=True)
    ]
