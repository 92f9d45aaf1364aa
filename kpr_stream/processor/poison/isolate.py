"""Isolate: what cannot be opened or decided is refused alone, and everybody else goes on.

A frame that raises is halved until a single delivery is left that raises by itself; that one is
refused. A batch that raises while it is settled is settled again, one delivery at a time. But first
the receiver must get a delivery of its own through: see ``self_test``.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence

from kpr_stream.errors import ContractError, KprError
from kpr_stream.model.delivery import Arrived, Prepared, Refused, SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.words import Refusal
from kpr_stream.processor.decide.batch import Batch, decide_deliveries
from kpr_stream.processor.decide.delivery import SourceId
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.state.contents import Contents
from kpr_stream.processor.state.overlay import Overlay

log = logging.getLogger(__name__)

Work = Callable[[Sequence[Arrived]], Sequence[Prepared | Refused]]
"""Opens and prepares deliveries; one result each, in their order. Pure; runs in a thread."""

Outcome = Prepared | Refused

HealthCheck = Callable[[], None]
"""Raises if the receiver fails at anything whatsoever: then no delivery is to blame."""


def assume_healthy() -> None:
    """Takes the receiver for sound."""


def isolated(work: Work, health_check: HealthCheck = assume_healthy) -> Work:
    """``work`` that answers also where it would raise: what raises alone is RECEIVER_FAILED.

    Errors that are the process's own (settings, disk, lane) pass through: no delivery is to blame.
    So does what ``health_check`` raises, which is asked once a frame that raises.
    """

    def safe(deliveries: Sequence[Arrived], ask: HealthCheck) -> Sequence[Outcome]:
        try:
            return work(deliveries)
        except BaseException as cause:
            if not is_caused_by_input(cause):
                raise
            ask()
            if len(deliveries) == 1:
                return [refused(deliveries[0], cause)]
        half = len(deliveries) // 2
        return [*safe(deliveries[:half], assume_healthy), *safe(deliveries[half:], assume_healthy)]

    return lambda deliveries: safe(deliveries, health_check)


def decide_isolated(
    records: Sequence[Arrived | Refused],
    opened: Mapping[SourceId, Outcome],
    overlay: Overlay,
    emitter: Emitter,
    contents: Contents,
    health_check: HealthCheck = assume_healthy,
) -> Batch:
    """Decide a batch; if that raises, one delivery at a time: what raises alone is refused.

    Raises only what no single delivery is to blame for: an error of the process's own, what
    ``health_check`` raises, or an error that a refusal meets too. ``overlay`` then holds only what
    was decided before.
    """
    attempt = Overlay(overlay)
    try:
        batch = decide_deliveries(records, opened, attempt, emitter, contents)
    except BaseException as cause:
        if not is_caused_by_input(cause):
            raise
        health_check()
    else:
        overlay.put(attempt.puts)
        return batch
    return _one_by_one(records, opened, overlay, emitter, contents)


def _one_by_one(
    records: Sequence[Arrived | Refused],
    opened: Mapping[SourceId, Outcome],
    overlay: Overlay,
    emitter: Emitter,
    contents: Contents,
) -> Batch:
    whole = Batch(missing=contents.missing)
    for place, record in enumerate(records):
        attempt = Overlay(overlay)
        try:
            one = decide_deliveries([record], opened, attempt, emitter, contents)
        except BaseException as cause:
            if not is_caused_by_input(cause):
                raise
            attempt = Overlay(overlay)
            one = decide_deliveries([refused(record, cause)], opened, attempt, emitter, contents)
        if one.unsettled:
            whole.unsettled = len(records) - place
            break
        overlay.put(attempt.puts)
        whole.outputs.extend(one.outputs)
        whole.settled.extend(one.settled)
    return whole


def refused(delivery: SourceRecord | Arrived | Refused, cause: BaseException | str) -> Refused:
    """The refusal of a delivery that the receiver failed at; told to the log without any value."""
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
    return Refused(source, Refusal.RECEIVER_FAILED, envelope)


def is_caused_by_input(cause: BaseException) -> bool:
    """Whether an error may come from what a delivery holds, not from the process around it."""
    if isinstance(cause, KprError):
        return isinstance(cause, ContractError)
    return not isinstance(cause, (KeyboardInterrupt, SystemExit, GeneratorExit, OSError))


def place_of(cause: BaseException) -> str:
    """The type and the place alone: the text of another's error may quote what it read."""
    frames = traceback.extract_tb(cause.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return type(cause).__name__ + where
