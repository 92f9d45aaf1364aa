"""Settling one delivery: its place in the order, its items, its unit's state, its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kpr_stream.model.delivery import Arrived, Prepared, Refused, SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.unit import RecentDelivery, UnitState, count
from kpr_stream.model.words import SYSTEMS, MessageType, ReceiptStatus, Refusal, System
from kpr_stream.processor.decide.items import decide_items
from kpr_stream.processor.decide.supersede import rivals_of
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.receipt import Answer
from kpr_stream.processor.intake.admission import refusal
from kpr_stream.processor.intake.sequence import place_in_sequence

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
class DecidedDelivery:
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
    record: Arrived | Refused, opened: Mapping[SourceId, Prepared | Refused], uow: UnitOfWork
) -> DecidedDelivery:
    """Decide a delivery for good; exactly one receipt is written to ``uow``."""
    source, envelope = record.source, record.envelope
    system = system_of(source)
    answer = Answer(
        source=source,
        system=system,
        org_nr=_org_nr(record),
        status=ReceiptStatus.REFUSED,
        expected_sequence=0,
        rule_set_version=uow.emitter.versions.rule_set,
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
        before = uow.state(answer.org_nr, system)
        answer, state = _judge(record, answer, before, opened, uow)
    if state is not None:
        uow.change(source, state)
    uow.outputs.extend(uow.emitter.answer(answer))
    return _for_metrics(record, answer, state)


def _judge(
    record: Arrived | Refused,
    answer: Answer,
    state: UnitState,
    opened: Mapping[SourceId, Prepared | Refused],
    uow: UnitOfWork,
) -> tuple[Answer, UnitState | None]:
    source, envelope = record.source, record.envelope
    if envelope is not None:
        digest = uow.emitter.pseudonyms.digest_hash(envelope.content_digest)
        verdict = place_in_sequence(state, envelope, digest)
        if not verdict.is_next:
            answered = replace(
                answer,
                status=verdict.status,
                counts=verdict.counts,
                expected_sequence=state.next_sequence,
            )
            return answered, None
    final = record if isinstance(record, Refused) else opened[source_id(source)]
    if envelope is not None and not isinstance(final, Refused):
        release = uow.release(state.system, envelope.software_version)
        closed = refusal(state, release, uow.emitter.policy, at=source.received_at)
        final = Refused(source, closed, envelope) if closed else final
    if isinstance(final, Refused) or envelope is None:
        reason = final.reason if isinstance(final, Refused) else Refusal.UNDECODABLE
        blocked = state.refused(reason.value, at=source.received_at)
        refused = replace(answer, reason=reason.value, expected_sequence=state.next_sequence)
        return refused, blocked
    rivals = rivals_of(uow, state.org_nr, state.system, at=source.received_at)
    outcomes, items = decide_items(final, uow, rivals)
    counts = count(outcomes)
    if outcomes:
        limits = uow.emitter.policy.release_limits
        uow.change_release(source, release.judged(outcomes, limits, at=source.received_at))
    processed = state.processed(
        RecentDelivery(envelope.sequence, digest, MessageType(envelope.message_type), counts),
        municipality_code=envelope.municipality_code,
        software_version=envelope.software_version,
        at=source.received_at,
    )
    done = replace(
        answer,
        status=ReceiptStatus.PROCESSED,
        counts=counts,
        items=items,
        expected_sequence=processed.next_sequence,
    )
    return done, processed


def _org_nr(record: Arrived | Refused) -> str:
    """The unit: from the envelope if that holds one, else from a key of nine digits."""
    if isinstance(record, Refused) and record.reason is Refusal.INVALID_ORG_NR:
        return ""  # what stands there is no org number, and might be anything
    if record.envelope is not None:
        return record.envelope.org_nr
    key = record.source.key or b""
    return key.decode() if len(key) == 9 and key.isdigit() else ""


def _for_metrics(
    record: Arrived | Refused, answer: Answer, state: UnitState | None
) -> DecidedDelivery:
    envelope = record.envelope
    return DecidedDelivery(
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
