"""Decide the items of one delivery: an outcome for each, at most one record for each key. Pure.

Outcomes are decided item by item, deletions first. The records follow from what the delivery as a
whole has changed. Then the records of the unit's other systems flip, where a record of this
system has come or gone under their natural key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from heapq import merge
from operator import attrgetter
from typing import NamedTuple

from kpr_stream.model.delivery import Arrived, Envelope, Prepared, PreparedItem, SourceRecord
from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.model.words import MessageType, Operation, Outcome
from kpr_stream.processor.decide.link_records import local_id_keys, named_person, write_links
from kpr_stream.processor.decide.links import NamedPerson
from kpr_stream.processor.decide.outcome import WRITTEN, outcome_of
from kpr_stream.processor.decide.plain import (
    BEFORE_ALL,
    Joining,
    PlainItems,
    all_outcomes,
    one_by_one,
)
from kpr_stream.processor.decide.quarantine import (
    ItemKeys,
    close_open,
    quarantine,
    substitute_keys,
)
from kpr_stream.processor.decide.supersede import UnitSystems
from kpr_stream.processor.decide.superseded_content import flip_status
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.cleaned import deleted_record, live_record
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.identity import identity_hash, identity_record
from kpr_stream.processor.emit.person_keys import is_erased, natural_key, person_key
from kpr_stream.processor.emit.receipt import AnsweredItem
from kpr_stream.processor.emit.superseded import discard_kept_content, supersede_record
from kpr_stream.processor.state.command_entries import rejected_entry_key
from kpr_stream.processor.state.entries import (
    appointment_entry_key,
    consultation_entry_key,
    person_entry_key,
    read_entry,
)
from kpr_stream.processor.state.known import ContentVersion, KnownRecord
from kpr_stream.rules.rule import HIDES_LOCAL_ID


class _Keyed(NamedTuple):
    """A delivery's items with their keys, and what was known of them before."""

    prepared: Prepared
    keys: list[bytes | None]
    substitutes: list[bytes | None]
    persons: list[bytes | None]
    before: Mapping[bytes, KnownRecord | None]


class _LastReport(NamedTuple):
    """The last that a delivery reports of a key."""

    item: PreparedItem
    status: HeaderStatus
    content_hash: bytes
    place: int
    """Of the first report of the key in the delivery: records are written in this order."""
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
    prepared: Prepared, uow: UnitOfWork, systems: UnitSystems, plain: PlainItems | None = None
) -> tuple[list[Outcome], tuple[AnsweredItem, ...]]:
    """Decide the items of a delivery; return their outcomes in order, and what the receipt lists.

    The receipt lists every item but those accepted without a finding. Records are written to
    ``uow``. ``plain`` has what columns have decided already; without it, nothing is.
    """
    plain = plain or one_by_one(prepared.items)
    uow.overlay.put_unsearched(plain.entries)
    others = replace(prepared, items=plain.others)
    keyed = _keyed(others, uow)
    outcomes, reports = _decide_all(keyed, uow, systems, plain)
    _write_changes(others, reports, keyed.before, uow, systems, plain)
    answered = (
        AnsweredItem(item.index, _echoed(item), outcome, item.findings)
        for item, outcome in zip(plain.others, outcomes, strict=True)
        if outcome is not Outcome.ACCEPTED or item.findings
    )
    # Both are in the order of the delivery, whose items have their places as indexes.
    listed = merge(plain.answered, answered, key=attrgetter("index"))
    return all_outcomes(plain, outcomes), tuple(listed)


def _keyed(prepared: Prepared, uow: UnitOfWork) -> _Keyed:
    envelope, emitter = prepared.arrived.envelope, uow.emitter
    entry_key = entry_key_of(envelope.message_type)
    keys = [item_key(emitter, envelope, item) for item in prepared.items]
    substitutes = substitute_keys(uow, prepared.arrived, prepared.items)
    persons = [person_key(emitter, envelope, item) for item in prepared.items]
    uow.overlay.prefetch(
        [entry_key(k) for k in keys if k]
        + [rejected_entry_key(k) for k in (*keys, *substitutes) if k]
        + [person_entry_key(p) for p in persons if p]
    )
    before: dict[bytes, KnownRecord | None] = {}
    for key in filter(None, keys):
        entry = uow.overlay.get(entry_key(key))
        before[key] = read_entry(entry) if entry else None
    return _Keyed(prepared, keys, substitutes, persons, before)


def _decide_all(
    keyed: _Keyed, uow: UnitOfWork, systems: UnitSystems, plain: PlainItems
) -> tuple[list[Outcome], dict[bytes, _LastReport]]:
    items, arrived, emitter = keyed.prepared.items, keyed.prepared.arrived, uow.emitter
    version = ContentVersion(arrived.envelope.extracted_at, arrived.envelope.sequence)
    outcomes = [Outcome.REJECTED] * len(items)
    reports: dict[bytes, _LastReport] = {}
    known = dict(keyed.before)
    joining = Joining(plain.identities, uow.outputs)
    in_order = sorted(range(len(items)), key=lambda i: items[i].operation is not Operation.DELETE)
    for i in in_order:
        item, key, person = items[i], keyed.keys[i], keyed.persons[i]
        place = BEFORE_ALL if item.operation is Operation.DELETE else plain.places[i]
        joining.write_before(place)
        if key in reports:
            place = reports[key].place
        if item.rejected or key is None:
            quarantine(uow, arrived, item, ItemKeys(key, keyed.substitutes[i]))
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
            reports[key] = _LastReport(item, HeaderStatus.DELETED, NO_KEY, place)
        elif outcome in WRITTEN:
            erased = is_erased(emitter, arrived.envelope, item)
            natural = NO_KEY if erased else natural_key(emitter, arrived.envelope, item, person)
            if systems.supersedes(natural):
                outcome = Outcome.SUPERSEDED
            reports[key] = _LastReport(
                item=item,
                status=_STATUS[outcome],
                content_hash=content_hash,
                place=place,
                natural_key=natural,
                person_key=person,
                erased=erased,
            )
            if person is not None and not erased:
                write_person(arrived.source, item, person, uow)
        outcomes[i] = outcome
        if outcome is not Outcome.STALE:
            close_open(uow, arrived.source, ItemKeys(key, keyed.substitutes[i]))
        if outcome in WRITTEN:
            known[key] = KnownRecord(reports[key].status, version, reports[key].content_hash)
    joining.write_rest()
    return outcomes, reports


def _write_changes(
    prepared: Prepared,
    reports: Mapping[bytes, _LastReport],
    before: Mapping[bytes, KnownRecord | None],
    uow: UnitOfWork,
    systems: UnitSystems,
    plain: PlainItems,
) -> None:
    """Write one record for each key that the delivery as a whole has changed.

    An item that is deleted and reported again in one delivery, with the content it had, changes
    nothing.
    """
    naturals: set[bytes] = set()
    changed = {key: last for key, last in reports.items() if not _is_known(last, before[key])}
    named = {key: _named(prepared.arrived.envelope, last, uow) for key, last in changed.items()}
    uow.overlay.prefetch(local_id_keys(named.values()))
    joining = Joining(plain.records, uow.outputs)
    for key, last in changed.items():
        joining.write_before(last.place)
        known = before[key]
        _write(prepared.arrived, key, last, uow, systems)
        if known and known.status is HeaderStatus.SUPERSEDED is not last.status:
            uow.write(discard_kept_content(uow.outputs[-1]))
        write_links(
            prepared.arrived,
            key,
            named[key],
            uow,
            known=known is not None,
            deleted=last.status is HeaderStatus.DELETED,
        )
        naturals |= {last.natural_key, known.natural_key if known else NO_KEY}
    joining.write_rest()
    for flip in systems.status_flips(naturals):
        flip_status(prepared.arrived.source, flip, uow)


def _is_known(last: _LastReport, known: KnownRecord | None) -> bool:
    reported = last.status, last.content_hash
    return known is not None and (known.status, known.content_hash) == reported


def _named(envelope: Envelope, last: _LastReport, uow: UnitOfWork) -> NamedPerson | None:
    if last.status is HeaderStatus.DELETED or last.erased:
        return None
    return named_person(uow.emitter, envelope, last.item, last.person_key)


def _write(
    arrived: Arrived, key: bytes, last: _LastReport, uow: UnitOfWork, systems: UnitSystems
) -> None:
    if last.status is HeaderStatus.DELETED:
        uow.write(deleted_record(uow.emitter, arrived, key))
        return
    live = live_record(
        uow.emitter,
        arrived,
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
    for record in supersede_record(uow.emitter, live, systems.current_holder(last.natural_key)):
        uow.write(record)


def write_person(source: SourceRecord, item: PreparedItem, person: bytes, uow: UnitOfWork) -> None:
    """Write the identity record of a person key, unless the ledger knows its content."""
    content_hash = identity_hash(uow.emitter, item)
    if uow.overlay.get(person_entry_key(person)) != content_hash:
        uow.write(
            identity_record(uow.emitter, source, item, person_key=person, content_hash=content_hash)
        )


def entry_key_of(message_type: str) -> Callable[[bytes], bytes]:
    """Return the function that makes the ledger keys of a message type's records."""
    if message_type == MessageType.CONSULTATION:
        return consultation_entry_key
    return appointment_entry_key


def item_key(emitter: Emitter, envelope: Envelope, item: PreparedItem) -> bytes | None:
    """Return the key of an item's record; None for an item without an id."""
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
