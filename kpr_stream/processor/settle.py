"""Settling a batch: for every delivery, in order, what becomes of it and what is written.

Two passes over the same records. ``select`` tells which deliveries are worth decrypting, taking
for granted that the ones before them open. ``settle`` then goes through all of them for good:
order, outcome of every item, output records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kpr_stream.model.delivery import (
    Arrived,
    Envelope,
    Prepared,
    PreparedItem,
    Refused,
    SourceRecord,
)
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.unit import RecentDelivery, UnitState, count, unit_key
from kpr_stream.model.words import (
    SYSTEMS,
    MessageType,
    Operation,
    Outcome,
    ReceiptStatus,
    Refusal,
    System,
)
from kpr_stream.processor.decide import WRITTEN, Version, decide
from kpr_stream.processor.emit import Emitter, read_unit
from kpr_stream.processor.order import order
from kpr_stream.processor.overlay import Overlay
from kpr_stream.processor.receipt import Answer, AnsweredItem
from kpr_stream.processor.remember import (
    appointment_entry_key,
    consultation_entry_key,
    entries_of,
    person_entry_key,
    read_entry,
    unit_entry_key,
)
from kpr_stream.rules.rule import HIDES_LOCAL_ID

Unit = tuple[System, str]
"""System and org_nr."""

SourceId = tuple[int, int]
"""Topic index and offset: names a source record within its lane."""

_UNIT_UNKNOWN = frozenset(
    {
        Refusal.WRONG_PARTITION,
        Refusal.WRONG_KEY,
        Refusal.WRONG_SYSTEM,
        Refusal.INVALID_ORG_NR,
    }
)
"""Refusals after which no unit is blocked: whose delivery it is cannot be told, or not here."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one delivery, for the metrics."""

    system: System
    org_nr: str
    municipality_code: str
    status: ReceiptStatus
    blocks: bool | None
    """Whether its unit is blocked after it; None if it changed nothing of that."""
    outcomes: tuple[int, ...]
    rules: tuple[str, ...]
    payload_bytes: int
    at: int


@dataclass(slots=True)
class Batch:
    """What a batch writes. The last ``unsettled`` deliveries wait for a batch of their own;
    ``units`` are the last state of each unit that changed, and the record that changed it."""

    outputs: list[OutputRecord] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    unsettled: int = 0
    units: dict[bytes, tuple[SourceRecord, UnitState]] = field(default_factory=dict)


def source_id(source: SourceRecord) -> SourceId:
    """The name of a source record within its lane."""
    return source.topic_index, source.offset


def system_of(source: SourceRecord) -> System:
    """The system whose delivery topic a record came from."""
    return SYSTEMS[source.topic_index]


def is_command(source: SourceRecord) -> bool:
    """Whether a record came from the command topic."""
    return source.topic_index == len(SOURCE_TOPICS) - 1


def select(
    records: Sequence[Arrived | Refused], overlay: Overlay, emitter: Emitter
) -> list[Arrived]:
    """The deliveries to decrypt: those that are next whether the ones before open or not."""
    expected: dict[bytes, int] = {}
    known: dict[bytes, UnitState] = {}
    chosen = []
    for record in records:
        if isinstance(record, Refused):
            continue
        envelope = record.envelope
        key = unit_key(envelope.org_nr, envelope.system)
        before = known.get(key) or _remembered(overlay, envelope.org_nr, envelope.system)
        known[key] = before
        state = replace(before, next_sequence=expected.get(key, before.next_sequence))
        digest = emitter.pseudonyms.digest_hash(envelope.content_digest)
        if order(state, envelope, digest).is_next:
            expected[key] = envelope.sequence + 1
            chosen.append(record)
        elif before.next_sequence <= envelope.sequence < state.next_sequence:
            # Sent again in this batch: if the one before is refused, this may be the mended one.
            chosen.append(record)
    return chosen


def settle(
    records: Sequence[Arrived | Refused],
    opened: Mapping[SourceId, Prepared | Refused],
    overlay: Overlay,
    emitter: Emitter,
) -> Batch:
    """Decide deliveries in order, each leaving exactly one receipt.

    Ends early at a delivery that is the next of its unit only because one before it in this very
    batch was refused: it was not chosen for opening, so it waits.
    """
    batch = Batch()
    for place, record in enumerate(records):
        if _needs_opening(record, opened, overlay, emitter, batch):
            batch.unsettled = len(records) - place
            break
        _settle_one(record, opened, overlay, emitter, batch)
    for source, state in batch.units.values():
        written = emitter.unit(source, state)
        overlay.put(entries_of(written.topic, written.key, written.value, written.header))
        batch.outputs.append(written)
    return batch


def _needs_opening(
    record: Arrived | Refused,
    opened: Mapping[SourceId, Prepared | Refused],
    overlay: Overlay,
    emitter: Emitter,
    batch: Batch,
) -> bool:
    if isinstance(record, Refused) or source_id(record.source) in opened:
        return False
    envelope = record.envelope
    digest = emitter.pseudonyms.digest_hash(envelope.content_digest)
    state = _state(batch, overlay, envelope.org_nr, envelope.system)
    return order(state, envelope, digest).is_next


def _settle_one(
    record: Arrived | Refused,
    opened: Mapping[SourceId, Prepared | Refused],
    overlay: Overlay,
    emitter: Emitter,
    batch: Batch,
) -> None:
    source, envelope = record.source, record.envelope
    system = system_of(source)
    answer = Answer(
        source=source,
        system=system,
        org_nr=_org_nr(record),
        status=ReceiptStatus.REFUSED,
        expected_sequence=0,
        rule_set_version=emitter.versions.rule_set,
    )
    if envelope is not None:
        answer = replace(
            answer,
            delivery_id=envelope.delivery_id,
            attempt=envelope.attempt,
            message_type=envelope.message_type,
            sequence=envelope.sequence,
        )
    state: UnitState | None = None
    if isinstance(record, Refused) and (record.reason in _UNIT_UNKNOWN or not answer.org_nr):
        answer = replace(answer, reason=record.reason.value)
    else:
        before = _state(batch, overlay, answer.org_nr, system)
        answer, state = _judge(record, answer, before, opened, overlay, emitter, batch)
    if state is not None:
        batch.units[unit_key(state.org_nr, state.system)] = source, state
    batch.outputs.extend(emitter.answer(answer))
    batch.settled.append(_for_metrics(record, answer, state))


def _judge(
    record: Arrived | Refused,
    answer: Answer,
    state: UnitState,
    opened: Mapping[SourceId, Prepared | Refused],
    overlay: Overlay,
    emitter: Emitter,
    batch: Batch,
) -> tuple[Answer, UnitState | None]:
    source, envelope = record.source, record.envelope
    at = source.received_at
    if envelope is not None:
        digest = emitter.pseudonyms.digest_hash(envelope.content_digest)
        verdict = order(state, envelope, digest)
        if not verdict.is_next:
            answered = replace(
                answer,
                status=verdict.status,
                counts=verdict.counts,
                expected_sequence=state.next_sequence,
            )
            return answered, None
    final = record if isinstance(record, Refused) else opened[source_id(source)]
    if isinstance(final, Refused) or envelope is None:
        reason = final.reason if isinstance(final, Refused) else Refusal.UNDECODABLE
        blocked = state.refused(reason.value, at=at)
        refused = replace(answer, reason=reason.value, expected_sequence=state.next_sequence)
        return refused, blocked
    outcomes, items = _items(final, overlay, emitter, batch)
    counts = count(outcomes)
    processed = state.processed(
        RecentDelivery(envelope.sequence, digest, MessageType(envelope.message_type), counts),
        municipality_code=envelope.municipality_code,
        software_version=envelope.software_version,
        at=at,
    )
    done = replace(
        answer,
        status=ReceiptStatus.PROCESSED,
        counts=counts,
        items=items,
        expected_sequence=processed.next_sequence,
    )
    return done, processed


def _items(
    prepared: Prepared, overlay: Overlay, emitter: Emitter, batch: Batch
) -> tuple[list[Outcome], tuple[AnsweredItem, ...]]:
    arrived = prepared.arrived
    envelope = arrived.envelope
    version = Version(envelope.extracted_at, envelope.sequence)
    entry_key = (
        consultation_entry_key
        if envelope.message_type == MessageType.CONSULTATION
        else appointment_entry_key
    )
    keys = [_item_key(emitter, envelope, item) for item in prepared.items]
    persons = [emitter.person_key(envelope, item) for item in prepared.items]
    overlay.prefetch(
        [entry_key(k) for k in keys if k] + [person_entry_key(p) for p in persons if p]
    )
    outcomes = [Outcome.REJECTED] * len(prepared.items)
    before = {key: overlay.get(entry_key(key)) for key in keys if key}
    cleaned: dict[bytes, OutputRecord] = {}
    in_order = sorted(
        range(len(prepared.items)),
        key=lambda i: prepared.items[i].operation is not Operation.DELETE,
    )
    for i in in_order:
        item, key, person = prepared.items[i], keys[i], persons[i]
        if item.rejected or key is None:
            batch.outputs.extend(emitter.quarantined(arrived, item))
            continue
        known = overlay.get(entry_key(key))
        content_hash = emitter.pseudonyms.content_hash(item.content)
        outcomes[i] = decide(
            read_entry(known) if known else None,
            operation=item.operation,
            rejected=False,
            version=version,
            content_hash=content_hash,
        )
        if outcomes[i] not in WRITTEN:
            continue
        record = emitter.cleaned(
            arrived,
            item,
            key=key,
            person_key=person,
            content_hash=content_hash,
            outcome=outcomes[i],
        )
        overlay.put(entries_of(record.topic, record.key, record.value, record.header))
        cleaned[key] = record
        erased = emitter.stops(envelope, item)
        if person is not None and outcomes[i] is not Outcome.DELETED and not erased:
            _write_person(arrived.source, item, person, overlay, emitter, batch)
    batch.outputs.extend(_changed(cleaned, before, entry_key, overlay))
    answered = tuple(
        AnsweredItem(item.index, _echoed(item), outcome, item.findings)
        for item, outcome in zip(prepared.items, outcomes, strict=True)
        if outcome is not Outcome.ACCEPTED or item.findings
    )
    return outcomes, answered


def _changed(
    cleaned: Mapping[bytes, OutputRecord],
    before: Mapping[bytes, bytes | None],
    entry_key: Callable[[bytes], bytes],
    overlay: Overlay,
) -> Iterator[OutputRecord]:
    """One record a key, the last; none where the delivery as a whole changed nothing: an item
    that is deleted and reported again in one delivery, with the content it had."""
    for key, record in cleaned.items():
        known = before[key]
        same = known is not None and read_entry(known)[::2] == (
            record.header.status,
            record.header.content_hash,
        )
        if same and known is not None:
            overlay.put({entry_key(key): known})
        else:
            yield record


def _write_person(
    source: SourceRecord,
    item: PreparedItem,
    person: bytes,
    overlay: Overlay,
    emitter: Emitter,
    batch: Batch,
) -> None:
    content_hash = emitter.person_hash(item)
    if overlay.get(person_entry_key(person)) == content_hash:
        return
    record = emitter.person(source, item, person_key=person, content_hash=content_hash)
    overlay.put(entries_of(record.topic, record.key, record.value, record.header))
    batch.outputs.append(record)


def _item_key(emitter: Emitter, envelope: Envelope, item: PreparedItem) -> bytes | None:
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


def _state(batch: Batch, overlay: Overlay, org_nr: str, system: System) -> UnitState:
    key = unit_key(org_nr, system)
    changed = batch.units.get(key)
    return changed[1] if changed else _remembered(overlay, org_nr, system)


def _remembered(overlay: Overlay, org_nr: str, system: System) -> UnitState:
    known = overlay.get(unit_entry_key(unit_key(org_nr, system)))
    return read_unit(known) if known else UnitState(org_nr, system)


def _org_nr(record: Arrived | Refused) -> str:
    """The unit: from the envelope if that holds one, else from a key of nine digits."""
    if isinstance(record, Refused) and record.reason is Refusal.INVALID_ORG_NR:
        return ""  # what stands there is no org number, and might be anything
    if record.envelope is not None:
        return record.envelope.org_nr
    key = record.source.key or b""
    return key.decode() if len(key) == 9 and key.isdigit() else ""


def _for_metrics(record: Arrived | Refused, answer: Answer, state: UnitState | None) -> Settled:
    envelope = record.envelope
    return Settled(
        system=answer.system,
        org_nr=answer.org_nr,
        blocks=None if state is None else state.blocked_since is not None,
        municipality_code=envelope.municipality_code if envelope else "",
        status=answer.status,
        outcomes=answer.counts if answer.status is ReceiptStatus.PROCESSED else (),
        rules=tuple(rule for item in answer.items for rule in item.findings),
        payload_bytes=len(envelope.payload) if envelope else 0,
        at=record.source.received_at,
    )
