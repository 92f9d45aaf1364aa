"""Decide one delivery: its place in the sequence, its items, its unit's state, its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from kpr_stream.errors import NotChosenError
from kpr_stream.model.coverage import months_covered
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.delivery_facts import DeliveryFacts
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.release import ReleaseState
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.unit import RecentDelivery, UnitState, count
from kpr_stream.model.words import SYSTEMS, Cause, MessageType, ReceiptStatus, System
from kpr_stream.processor.decide.items import decide_items
from kpr_stream.processor.decide.plain import PlainItems, Plan
from kpr_stream.processor.decide.supersede import unit_systems
from kpr_stream.processor.decide.unit_of_work import UnitOfWork, admitted_until
from kpr_stream.processor.emit.receipt import ReceiptDraft, receipt_records
from kpr_stream.processor.intake.admission import refusal
from kpr_stream.processor.intake.sequence import place_in_sequence

SourceId = tuple[int, int]
"""Topic index and offset: names a source record within its lane."""

_UNIT_UNKNOWN = frozenset(
    {
        Cause.WRONG_PARTITION,
        Cause.WRONG_KEY,
        Cause.WRONG_SYSTEM,
        Cause.INVALID_ORG_NR,
    }
)
"""Refusals after which no unit is blocked: its unit is not known, or belongs to another lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedDelivery:
    """What became of one delivery, for metrics and log. ``at``: broker time, ms.

    What the sender has named (``org_nr``, ``delivery_id``) may be anything in a refused delivery.
    """

    system: System
    org_nr: str
    delivery_id: str
    sequence: int
    status: ReceiptStatus
    cause: Cause | None
    """Why it is refused; None of any other answer."""
    outcomes: tuple[int, ...]
    rules: tuple[str, ...]
    payload_bytes: int
    at: int
    extracted_at: int | None = None
    """The sender's time of extraction, ms; None where the envelope cannot be read."""
    offset: int = -1
    """Of its record on the delivery topic; names it in its lane."""


def source_id(source: SourceRecord) -> SourceId:
    """The name of a source record within its lane."""
    return source.topic_index, source.offset


def system_of(source: SourceRecord) -> System:
    """The system whose delivery topic a record came from."""
    return SYSTEMS[source.topic_index]


def is_command(source: SourceRecord) -> bool:
    """Whether a record came from the command topic."""
    return source.topic_index == len(SOURCE_TOPICS) - 1


def decide_delivery(
    record: Arrived | DeliveryRefused,
    prepared: Mapping[SourceId, Prepared | DeliveryRefused],
    uow: UnitOfWork,
    plan: Plan,
) -> DecidedDelivery:
    """Decide a delivery; exactly one receipt is written to ``uow``.

    ``plan`` has what columns have decided of the items already.
    """
    draft = _draft(record, uow)
    state: UnitState | None = None
    if isinstance(record, DeliveryRefused) and (record.cause in _UNIT_UNKNOWN or not draft.org_nr):
        draft = replace(draft, cause=record.cause)
    else:
        plain = plan.get(source_id(record.source))
        draft, state = _in_sequence(record, draft, prepared, uow, plain)
    if state is not None:
        uow.change(record.source, state)
    uow.outputs.extend(receipt_records(uow.emitter, draft))
    return _for_metrics(record, draft)


def _draft(record: Arrived | DeliveryRefused, uow: UnitOfWork) -> ReceiptDraft:
    """The receipt with all that is known before the delivery is decided."""
    draft = ReceiptDraft(
        source=record.source,
        system=system_of(record.source),
        org_nr=_org_nr(record),
        status=ReceiptStatus.REFUSED,
        expected_sequence=0,
        rule_set_version=uow.emitter.versions.rule_set,
    )
    envelope = record.envelope
    if envelope is None:
        return draft
    return replace(
        draft,
        delivery_id=envelope.delivery_id,
        attempt=envelope.attempt,
        message_type=envelope.message_type,
        sequence=envelope.sequence,
        notes=envelope.notes,
        facts=DeliveryFacts.of(envelope),
    )


def _in_sequence(
    record: Arrived | DeliveryRefused,
    draft: ReceiptDraft,
    prepared: Mapping[SourceId, Prepared | DeliveryRefused],
    uow: UnitOfWork,
    plain: PlainItems | None,
) -> tuple[ReceiptDraft, UnitState | None]:
    """The receipt, and the unit's new state if that changes."""
    state = uow.state(draft.org_nr, draft.system)
    draft = replace(
        draft,
        expected_sequence=state.next_sequence,
        unit_blocked=state.blocked_since is not None,
    )
    if isinstance(record, DeliveryRefused) and _has_no_place(record):
        return replace(draft, cause=record.cause), None
    if record.envelope is not None:
        digest_hash = uow.emitter.pseudonyms.digest_hash
        verdict = place_in_sequence(state, record.envelope, digest_hash)
        if not verdict.is_next:
            return replace(draft, status=verdict.status, counts=verdict.counts), None
    at = record.source.received_at
    refused_item = None
    if isinstance(record, DeliveryRefused):
        cause, refused_item = record.cause, record.item
    else:
        version = record.envelope.software_version
        release = uow.release(state.system, version)
        last_day = partial(admitted_until, uow.overlay, state.system, version)
        closed = refusal(state, release, uow.emitter.policy, at=at, admitted_until=last_day)
        if closed is None:
            result = _result(record, prepared)
            if isinstance(result, Prepared):
                return _processed(result, draft, state, release, uow, plain)
            closed, refused_item = result.cause, result.item
        cause = closed
    blocked = state.refused(refusal_causes()[cause].reason.value, at=at)
    answered = replace(draft, cause=cause, refused_item=refused_item, unit_blocked=True)
    return answered, blocked


def _has_no_place(refused: DeliveryRefused) -> bool:
    """Whether a refused delivery lies outside the sequence of its unit: it blocks nothing."""
    envelope = refused.envelope
    return envelope is not None and (
        envelope.message_type == MessageType.HELLO or envelope.sequence < 1
    )


def _result(
    arrived: Arrived, prepared: Mapping[SourceId, Prepared | DeliveryRefused]
) -> Prepared | DeliveryRefused:
    result = prepared.get(source_id(arrived.source))
    if result is None:
        source = arrived.source
        raise NotChosenError(
            f"The delivery at offset {source.offset} of {SOURCE_TOPICS[source.topic_index]}, lane "
            f"{source.partition}, is the next of its unit and was not chosen for decryption.",
            what_to_do="This is a fault of the receiver: report it. No delivery is refused for it.",
        )
    return result


def _processed(
    prepared: Prepared,
    draft: ReceiptDraft,
    state: UnitState,
    release: ReleaseState,
    uow: UnitOfWork,
    plain: PlainItems | None,
) -> tuple[ReceiptDraft, UnitState]:
    """The receipt and the unit's state after the items of a delivery are decided."""
    source, envelope = prepared.arrived.source, prepared.arrived.envelope
    systems = unit_systems(uow, state.org_nr, state.system, at=source.received_at)
    outcomes, items = decide_items(prepared, uow, systems, plain)
    counts = count(outcomes)
    if outcomes:
        limits = uow.emitter.policy.release_limits
        uow.change_release(source, release.judged(outcomes, limits, at=source.received_at))
    delivery = RecentDelivery(
        envelope.sequence,
        uow.emitter.pseudonyms.digest_hash(envelope.content_digest),
        MessageType(envelope.message_type),
        counts,
    )
    after = state.processed(
        delivery,
        municipality_code=envelope.municipality_code,
        software_version=envelope.software_version,
        at=source.received_at,
        months=months_covered(envelope.period_from, envelope.period_to, at=source.received_at),
    )
    receipt = replace(
        draft,
        status=ReceiptStatus.PROCESSED,
        counts=counts,
        items=items,
        expected_sequence=after.next_sequence,
        unit_blocked=after.blocked_since is not None,
    )
    return receipt, after


def _org_nr(record: Arrived | DeliveryRefused) -> str:
    """The unit: from the envelope if that holds one, else from a key of nine digits."""
    if isinstance(record, DeliveryRefused) and record.cause is Cause.INVALID_ORG_NR:
        return ""
    if record.envelope is not None:
        # A field that holds no org number might hold anything, also a person's id. A delivery can
        # be refused before that field is checked.
        org_nr = record.envelope.org_nr
        return org_nr if is_org_nr(org_nr, synthetic_too=True) else ""
    key = record.source.key or b""
    return key.decode() if len(key) == 9 and key.isdigit() else ""


def _for_metrics(record: Arrived | DeliveryRefused, answer: ReceiptDraft) -> DecidedDelivery:
    envelope = record.envelope
    return DecidedDelivery(
        system=answer.system,
        org_nr=answer.org_nr,
        delivery_id=answer.delivery_id,
        sequence=answer.sequence,
        status=answer.status,
        cause=answer.cause,
        outcomes=answer.counts if answer.status is ReceiptStatus.PROCESSED else (),
        rules=tuple(rule for item in answer.items for rule in item.findings),
        payload_bytes=len(envelope.payload) if envelope else 0,
        at=record.source.received_at,
        extracted_at=None if envelope is None else envelope.extracted_at,
        offset=record.source.offset,
    )
