"""Isolate a delivery that makes the receiver raise: it is refused alone, all others are processed.

A frame that raises is halved until a single delivery is left that raises by itself; that delivery
is refused. A batch that raises while it is decided is decided again, one delivery at a time. Before
that, the receiver must get a delivery of its own through: see ``known_good``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from kpr_stream.errors import ContractError, KprError, place_of
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.words import Cause
from kpr_stream.processor.decide.batch import Batch, decide_deliveries
from kpr_stream.processor.decide.delivery import SourceId
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.state.contents import Contents
from kpr_stream.processor.state.overlay import LedgerReader, Overlay

log = logging.getLogger(__name__)

Work = Callable[[Sequence[Arrived]], Sequence[Prepared | DeliveryRefused]]
"""Decrypts and frames deliveries; one result for each, in their order. Pure; runs in a thread."""

HealthCheck = Callable[[], None]
"""Raises if the receiver fails at a delivery that is known to be good: no sender is to blame."""


def assume_healthy() -> None:
    """Pass, without a check."""


def isolated(work: Work, health_check: HealthCheck = assume_healthy) -> Work:
    """``work`` that refuses, RECEIVER_FAILED, each delivery at which it raises alone.

    Errors of the process itself (settings, disk, lane) are raised, and so is what ``health_check``
    raises. It is called once for a frame that raises.
    """

    def safe(
        deliveries: Sequence[Arrived], check: HealthCheck
    ) -> Sequence[Prepared | DeliveryRefused]:
        try:
            return work(deliveries)
        except BaseException as cause:
            if not is_caused_by_input(cause):
                raise
            check()
            if len(deliveries) == 1:
                return [refused(deliveries[0], cause)]
        half = len(deliveries) // 2
        return [*safe(deliveries[:half], assume_healthy), *safe(deliveries[half:], assume_healthy)]

    return lambda deliveries: safe(deliveries, health_check)


def arrive_isolated(record: SourceRecord) -> Arrived | DeliveryRefused:
    """Read a delivery's envelope; a record at which that raises is refused, RECEIVER_FAILED."""
    try:
        return arrive(record)
    except BaseException as cause:
        if not is_caused_by_input(cause):
            raise
        return refused(record, cause)


def decide_isolated(
    records: Sequence[Arrived | DeliveryRefused],
    prepared: Mapping[SourceId, Prepared | DeliveryRefused],
    ledger: LedgerReader,
    emitter: Emitter,
    contents: Contents,
    *,
    health_check: HealthCheck = assume_healthy,
) -> Batch:
    """Decide a batch; if that raises, one delivery at a time: what raises alone is refused.

    Raises only errors for which no delivery is to blame: an error of the process itself, what
    ``health_check`` raises, or an error that the refusal raises too.
    """
    try:
        return decide_deliveries(records, prepared, ledger, emitter, contents)
    except BaseException as cause:
        if not is_caused_by_input(cause):
            raise
        health_check()
    return _one_by_one(records, prepared, ledger, emitter, contents)


def _one_by_one(
    records: Sequence[Arrived | DeliveryRefused],
    prepared: Mapping[SourceId, Prepared | DeliveryRefused],
    ledger: LedgerReader,
    emitter: Emitter,
    contents: Contents,
) -> Batch:
    decided = Overlay(ledger)
    whole = Batch(missing=contents.missing)
    for record in records:
        try:
            one = decide_deliveries([record], prepared, decided, emitter, contents)
        except BaseException as cause:
            if not is_caused_by_input(cause):
                raise
            refusal = refused(record, cause)
            one = decide_deliveries([refusal], prepared, decided, emitter, contents)
        decided.put(one.entries)
        whole.outputs.extend(one.outputs)
        whole.deliveries.extend(one.deliveries)
    whole.entries = decided.puts
    return whole


def refused(
    delivery: SourceRecord | Arrived | DeliveryRefused, cause: BaseException | str
) -> DeliveryRefused:
    """The refusal of a delivery at which the receiver failed. Logs where, and no value."""
    if isinstance(delivery, SourceRecord):
        source, envelope = delivery, None
    else:
        source, envelope = delivery.source, delivery.envelope
    log.error(
        "the receiver fails at offset %d of %s, lane %d: %s",
        source.offset,
        SOURCE_TOPICS[source.topic_index],
        source.partition,
        cause if isinstance(cause, str) else place_of(cause),
    )
    return DeliveryRefused(source, Cause.RECEIVER_FAILED, envelope)


def is_caused_by_input(cause: BaseException) -> bool:
    """Whether an error may be caused by what a delivery holds, not by the process around it."""
    if isinstance(cause, KprError):
        return isinstance(cause, ContractError)
    return not isinstance(cause, (KeyboardInterrupt, SystemExit, GeneratorExit, OSError))
