"""Which link records an item leaves, and the person keys that a known record's links show. Pure.

An item that repeats what is known writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from kpr_stream.model.delivery import Arrived, Envelope, PreparedItem
from kpr_stream.model.header import NO_KEY
from kpr_stream.model.link import Evidence
from kpr_stream.model.person_id import IdKind
from kpr_stream.processor.decide.links import (
    LinkChange,
    NamedPerson,
    changes_of_item,
    changes_of_local_person,
    is_new,
)
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.links import link_record, local_id_record
from kpr_stream.processor.emit.person_keys import keys_of
from kpr_stream.processor.state.known import ContentVersion
from kpr_stream.processor.state.link_entries import (
    link_entry_key,
    local_id_entry_key,
    read_known_id,
    read_known_ids,
    read_links,
)


def named_person(
    emitter: Emitter, envelope: Envelope, item: PreparedItem, person: bytes | None
) -> NamedPerson | None:
    """Return the keys by which an item names its person; None if by no national id.

    ``person`` is the key of the first id.
    """
    if person is None or item.person is None or item.person.kind is IdKind.LOCAL:
        return None
    national, local, born = [person], None, NO_KEY
    others = keys_of(emitter, envelope, item.other_ids)
    for one, key in zip(item.other_ids, others, strict=True):
        if one.kind is IdKind.LOCAL:
            local = key
        else:
            national.append(key)
    if local is not None and item.birth_date is not None:
        born = emitter.pseudonyms.born_hash(local, item.birth_date)
    return NamedPerson(person, tuple(national), local, item.births_agree, born)


def local_id_keys(named: Iterable[NamedPerson | None]) -> list[bytes]:
    """Return the ledger keys that ``write_links`` looks up, for reading many at once."""
    return [local_id_entry_key(one.local, one.person) for one in named if one and one.local]


def write_links(
    arrived: Arrived,
    key: bytes,
    named: NamedPerson | None,
    uow: UnitOfWork,
    *,
    known: bool,
    deleted: bool,
) -> None:
    """Write what changes in the links of one item.

    ``key`` is the key of its record; ``known`` says whether there was a record before. ``named``
    is None if the item names nobody (any more).
    """
    if known or (named and len(named.national) > 1):
        before = read_links(uow.overlay.entries_from(link_entry_key(key))) if known else {}
        for change in changes_of_item(named, before, deleted=deleted):
            _write(arrived, change, Evidence.SAME_ITEM, key, uow)
    if named is None or named.local is None:
        return
    entry = uow.overlay.get(local_id_entry_key(named.local, named.person))
    version = ContentVersion(arrived.envelope.extracted_at, arrived.envelope.sequence)
    if not is_new(read_known_id(entry) if entry else None, named, version):
        return
    uow.write(
        local_id_record(
            uow.emitter, arrived, person=named.person, local=named.local, born=named.born
        )
    )
    others = read_known_ids(uow.overlay.entries_from(local_id_entry_key(named.local)))
    before = read_links(uow.overlay.entries_from(link_entry_key(named.local)))
    for change in changes_of_local_person(named, others, before):
        _write(arrived, change, Evidence.SAME_LOCAL_PERSON, named.local, uow)


def known_person_keys(uow: UnitOfWork, key: bytes, person_key: bytes) -> frozenset[bytes]:
    """Return all person keys of a known record, as its own item named them.

    A record that is written again must hide what its person has reserved under any id. The ledger
    holds one person key of a record; the links that its item is evidence of show the others.
    """
    if person_key == NO_KEY:
        return frozenset()
    if not uow.emitter.rights.persons:
        return frozenset((person_key,))  # nobody has reserved anything: no search is needed
    links = read_links(uow.overlay.entries_from(link_entry_key(key)))
    named = (one for pair, live in links.items() if live for one in pair)
    return frozenset((person_key, *named))


def _write(
    arrived: Arrived, change: LinkChange, evidence: Evidence, evidence_key: bytes, uow: UnitOfWork
) -> None:
    uow.write(
        link_record(
            uow.emitter,
            arrived.source,
            change.pair,
            evidence=evidence,
            evidence_key=evidence_key,
            withdrawn=change.withdrawn,
            envelope=arrived.envelope,
        )
    )
