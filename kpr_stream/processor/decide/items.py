"""Settling the items of one delivery: an outcome for each, one record a key at most.

Outcomes are decided item by item, deletes first; what is written is what the delivery as a whole
has changed. Then the unit's other systems' records turn, where this one's have come or gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from kpr_stream.model.delivery import Envelope, Prepared, PreparedItem, SourceRecord
from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.model.words import MessageType, Operation, Outcome
from kpr_stream.processor.decide.link_records import called_keys, named_by, write_links
from kpr_stream.processor.decide.links import Named
from kpr_stream.processor.decide.outcome import WRITTEN, outcome_of
from kpr_stream.processor.decide.quarantine import close_open, quarantine
from kpr_stream.processor.decide.supersede import Rivals
from kpr_stream.processor.decide.superseded_content import nothing_apart, put_aside, turn
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.receipt import AnsweredItem
from kpr_stream.processor.state.command_entries import rejected_entry_key
from kpr_stream.processor.state.entries import (
    appointment_entry_key,
    consultation_entry_key,
    person_entry_key,
    read_entry,
)
from kpr_stream.processor.state.known import ContentVersion, KnownRecord
from kpr_stream.rules.rule import HIDES_LOCAL_ID


class _Said(NamedTuple):
    """The last that a delivery says of a key."""

    item: PreparedItem
    status: HeaderStatus
    content_hash: bytes
    natural_key: bytes = NO_KEY
    person_key: bytes | None = None
    erased: bool = False


_STATUS: Mapping[Outcome, HeaderStatus] = {
    Outcome.ACCEPTED: HeaderStatus.LIVE,
    Outcome.CORRECTED: HeaderStatus.LIVE,
    Outcome.SUPERSEDED: HeaderStatus.SUPERSEDED,
    Outcome.DELETED: HeaderStatus.DELETED,
}


def decide_items(
    prepared: Prepared, uow: UnitOfWork, rivals: Rivals
) -> tuple[list[Outcome], tuple[AnsweredItem, ...]]:
    """The outcome of every item, in order, and what the receipt says of those that were not
    plainly accepted. What they leave behind is written to ``uow``."""
    envelope, emitter = prepared.arrived.envelope, uow.emitter
    entry_key = entry_key_of(envelope.message_type)
    keys = [item_key(emitter, envelope, item) for item in prepared.items]
    persons = [emitter.person_key(envelope, item) for item in prepared.items]
    uow.overlay.prefetch(
        [entry_key(k) for k in keys if k]
        + [rejected_entry_key(k) for k in keys if k]
        + [person_entry_key(p) for p in persons if p]
    )
    before: dict[bytes, KnownRecord | None] = {}
    for key in filter(None, keys):
        entry = uow.overlay.get(entry_key(key))
        before[key] = read_entry(entry) if entry else None
    outcomes, said = _decide_all(prepared, keys, persons, before, uow, rivals)
    _write_changes(prepared, said, before, uow, rivals)
    answered = tuple(
        AnsweredItem(item.index, _echoed(item), outcome, item.findings)
        for item, outcome in zip(prepared.items, outcomes, strict=True)
        if outcome is not Outcome.ACCEPTED or item.findings
    )
    return outcomes, answered


def _decide_all(
    prepared: Prepared,
    keys: list[bytes | None],
    persons: list[bytes | None],
    before: Mapping[bytes, KnownRecord | None],
    uow: UnitOfWork,
    rivals: Rivals,
) -> tuple[list[Outcome], dict[bytes, _Said]]:
    arrived, emitter = prepared.arrived, uow.emitter
    version = ContentVersion(arrived.envelope.extracted_at, arrived.envelope.sequence)
    outcomes = [Outcome.REJECTED] * len(prepared.items)
    said: dict[bytes, _Said] = {}
    known = dict(before)
    in_order = sorted(
        range(len(prepared.items)),
        key=lambda i: prepared.items[i].operation is not Operation.DELETE,
    )
    for i in in_order:
        item, key, person = prepared.items[i], keys[i], persons[i]
        if item.rejected or key is None:
            quarantine(uow, arrived, item, key)
            continue
        content_hash = emitter.pseudonyms.content_hash(item.content)
        outcome = outcome_of(
            known[key],
            operation=item.operation,
            rejected=False,
            version=version,
            content_hash=content_hash,
        )
        if outcome is Outcome.DELETED:
            said[key] = _Said(item, HeaderStatus.DELETED, NO_KEY)
        elif outcome in WRITTEN:
            erased = emitter.stops(arrived.envelope, item)
            natural = NO_KEY if erased else emitter.natural_key(arrived.envelope, item, person)
            if rivals.supersede(natural):
                outcome = Outcome.SUPERSEDED
            said[key] = _Said(item, _STATUS[outcome], content_hash, natural, person, erased)
            if person is not None and not erased:
                write_person(arrived.source, item, person, uow)
        outcomes[i] = outcome
        if outcome is not Outcome.STALE:
            close_open(uow, arrived.source, key)
        if outcome in WRITTEN:
            known[key] = KnownRecord(said[key].status, version, said[key].content_hash)
    return outcomes, said


def _write_changes(
    prepared: Prepared,
    said: Mapping[bytes, _Said],
    before: Mapping[bytes, KnownRecord | None],
    uow: UnitOfWork,
    rivals: Rivals,
) -> None:
    """One record a key; none where the delivery as a whole changed nothing: an item that is
    deleted and reported again in one delivery, with the content it had."""
    naturals: set[bytes] = set()
    changed = {key: last for key, last in said.items() if not _is_known(last, before[key])}
    named = {key: _named(prepared.arrived.envelope, last, uow) for key, last in changed.items()}
    uow.overlay.prefetch(called_keys(named.values()))
    for key, last in changed.items():
        known = before[key]
        _write(prepared, key, last, uow, rivals)
        if known and known.status is HeaderStatus.SUPERSEDED is not last.status:
            uow.write(nothing_apart(uow.outputs[-1]))
        write_links(
            prepared.arrived,
            key,
            named[key],
            uow,
            known=known is not None,
            deleted=last.status is HeaderStatus.DELETED,
        )
        naturals |= {last.natural_key, known.natural_key if known else NO_KEY}
    for change in rivals.turns(naturals):
        turn(prepared.arrived.source, change, uow)


def _is_known(last: _Said, known: KnownRecord | None) -> bool:
    said = last.status, last.content_hash
    return known is not None and (known.status, known.content_hash) == said


def _named(envelope: Envelope, last: _Said, uow: UnitOfWork) -> Named | None:
    if last.status is HeaderStatus.DELETED or last.erased:
        return None
    return named_by(uow.emitter, envelope, last.item, last.person_key)


def _write(prepared: Prepared, key: bytes, last: _Said, uow: UnitOfWork, rivals: Rivals) -> None:
    if last.status is HeaderStatus.DELETED:
        uow.write(uow.emitter.deleted(prepared.arrived, key))
        return
    live = uow.emitter.live(
        prepared.arrived,
        last.item,
        key=key,
        person_key=last.person_key,
        natural_key=last.natural_key,
        content_hash=last.content_hash,
        erased=last.erased,
    )
    if last.status is HeaderStatus.LIVE:
        uow.write(live)
        return
    for record in put_aside(uow.emitter, live, rivals.holder(last.natural_key)):
        uow.write(record)


def write_person(source: SourceRecord, item: PreparedItem, person: bytes, uow: UnitOfWork) -> None:
    """Write who a person key stands for, unless that is known."""
    content_hash = uow.emitter.person_hash(item)
    if uow.overlay.get(person_entry_key(person)) != content_hash:
        record = uow.emitter.person(source, item, person_key=person, content_hash=content_hash)
        uow.write(record)


def entry_key_of(message_type: str) -> Callable[[bytes], bytes]:
    """What makes the ledger keys of a message type's records."""
    if message_type == MessageType.CONSULTATION:
        return consultation_entry_key
    return appointment_entry_key


def item_key(emitter: Emitter, envelope: Envelope, item: PreparedItem) -> bytes | None:
    """Key of an item's record; None for one without an id."""
    if not item.local_id:
        return None
    make = (
        emitter.pseudonyms.consultation_key
        if envelope.message_type == MessageType.CONSULTATION
        else emitter.pseudonyms.appointment_key
    )
    return make(envelope.org_nr, envelope.system, item.local_id)


def _echoed(item: PreparedItem) -> str | None:
    return item.local_id if HIDES_LOCAL_ID.isdisjoint(item.findings) else None
