"""Writing links: what an item says of its person's ids, as records on ``kpr.hst.identity-link``.

The same said again writes nothing. Nothing but links is written here.
"""

from __future__ import annotations

from collections.abc import Iterable

from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, Envelope, PreparedItem, SourceRecord
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.link import Evidence, Pair, Withdrawal
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import SYSTEMS
from kpr_stream.processor.decide.links import Change, Named, is_new, of_item, of_local_person
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.state.known import ContentVersion
from kpr_stream.processor.state.link_entries import (
    link_entry_key,
    local_id_entry_key,
    read_known_id,
    read_known_ids,
    read_links,
)
from kpr_stream.schemas import wire


def named_by(
    emitter: Emitter, envelope: Envelope, item: PreparedItem, person: bytes | None
) -> Named | None:
    """By which keys an item names its person, ``person`` being the first; None if by no national
    id."""
    if person is None or item.person is None or item.person.kind is IdKind.LOCAL:
        return None
    national, local, born = [person], None, NO_KEY
    others = emitter.keys_of(envelope, item.other_ids)
    for one, key in zip(item.other_ids, others, strict=True):
        if one.kind is IdKind.LOCAL:
            local = key
        else:
            national.append(key)
    if local is not None and item.birth_date is not None:
        born = emitter.pseudonyms.born_hash(local, item.birth_date)
    return Named(person, tuple(national), local, item.births_agree, born)


def called_keys(named: Iterable[Named | None]) -> list[bytes]:
    """The ledger keys that ``write_links`` will ask for: read many at once."""
    return [local_id_entry_key(one.local, one.person) for one in named if one and one.local]


def write_links(
    arrived: Arrived,
    key: bytes,
    named: Named | None,
    uow: UnitOfWork,
    *,
    known: bool,
    deleted: bool,
) -> None:
    """Write what becomes of the links of one item. ``key`` is that of its record, ``known`` says
    whether there was one before; ``named`` is None where it says nothing (any more)."""
    if known or (named and len(named.national) > 1):
        before = read_links(uow.overlay.entries_from(link_entry_key(key))) if known else {}
        for change in of_item(named, before, deleted=deleted):
            _write(arrived, change, Evidence.SAME_ITEM, key, uow)
    if named is None or named.local is None:
        return
    entry = uow.overlay.get(local_id_entry_key(named.local, named.person))
    version = ContentVersion(arrived.envelope.extracted_at, arrived.envelope.sequence)
    if not is_new(read_known_id(entry) if entry else None, named, version):
        return
    uow.write(_called(arrived, named, named.local, uow.emitter))
    others = read_known_ids(uow.overlay.entries_from(local_id_entry_key(named.local)))
    before = read_links(uow.overlay.entries_from(link_entry_key(named.local)))
    for change in of_local_person(named, others, before):
        _write(arrived, change, Evidence.SAME_LOCAL_PERSON, named.local, uow)


def by_operator(
    source: SourceRecord, pair: Pair, emitter: Emitter, *, stands: bool
) -> OutputRecord:
    """An operator's word on a link: withdrawn whatever else says so, or that word taken back."""
    withdrawn = None if stands else Withdrawal.OPERATOR
    return _record(source, Change(pair, withdrawn), Evidence.OPERATOR, NO_KEY, emitter, None)


def _write(
    arrived: Arrived, change: Change, evidence: Evidence, evidence_key: bytes, uow: UnitOfWork
) -> None:
    uow.write(
        _record(arrived.source, change, evidence, evidence_key, uow.emitter, arrived.envelope)
    )


def _record(
    source: SourceRecord,
    change: Change,
    evidence: Evidence,
    evidence_key: bytes,
    emitter: Emitter,
    envelope: Envelope | None,
) -> OutputRecord:
    header = LedgerHeader(
        source.topic_index,
        source.offset,
        HeaderStatus.DELETED if change.withdrawn else HeaderStatus.LIVE,
        natural_key=change.pair.other,
        person_key=change.pair.person,
        content_hash=evidence_key,
    )
    key = emitter.pseudonyms.link_key(evidence_key, *change.pair)
    record = {
        "link_key": key.hex(),
        "person_key": change.pair.person.hex(),
        "other_key": change.pair.other.hex(),
        "evidence": evidence.value,
        "evidence_key": None if evidence_key == NO_KEY else evidence_key.hex(),
        "withdrawn": change.withdrawn is not None,
        "withdrawn_because": change.withdrawn.value if change.withdrawn else None,
        "org_nr": envelope.org_nr if envelope else None,
        "system": envelope.system.value if envelope else None,
        "changed_at": source.received_at,
    }
    value = wire.encode("identity_link", record)
    return OutputRecord(topics.IDENTITY_LINK, key.hex().encode(), value, header, source.received_at)


def _called(arrived: Arrived, named: Named, local: bytes, emitter: Emitter) -> OutputRecord:
    source, envelope = arrived.source, arrived.envelope
    key = emitter.pseudonyms.link_key(local, named.person, local)
    record = {
        "link_key": key.hex(),
        "person_key": named.person.hex(),
        "other_key": local.hex(),
        "evidence": Evidence.LOCAL_ID.value,
        "evidence_key": local.hex(),
        "withdrawn": False,
        "withdrawn_because": None,
        "org_nr": envelope.org_nr,
        "system": envelope.system.value,
        "changed_at": source.received_at,
    }
    header = LedgerHeader(
        source.topic_index,
        source.offset,
        HeaderStatus.LIVE,
        envelope.extracted_at,
        envelope.sequence,
        natural_key=local,
        person_key=named.person,
        content_hash=named.born,
        system=SYSTEMS.index(envelope.system) + 1,
    )
    value = wire.encode("identity_link", record)
    return OutputRecord(topics.IDENTITY_LINK, key.hex().encode(), value, header, source.received_at)
