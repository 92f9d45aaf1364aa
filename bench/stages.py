"""What each pure stage of a worker costs an item, without broker: microseconds of CPU.

    python -m bench.stages

The stages run as in a lane, by the pipeline, over deliveries of new persons and new consultations.
Encoding is part of deciding; a clock around the encoder separates the two.
"""

from __future__ import annotations

import gc
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from time import process_time
from typing import Any, Final, ParamSpec, TypeVar

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.stages import Stage
from kpr_stream.processor.effects import BatchEffects
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.pipeline import decrypt_and_frame
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.worker.main import GC_THRESHOLDS
from kpr_stream.reference import load_reference
from kpr_stream.schemas import wire
from tests.support.deliveries import consultation, private_keys, source_record
from tests.support.receiver import Receiver

BATCH_ITEMS: Final = 4_000
ITEMS: Final = 16_000
ROUNDS: Final = 5
VISITS: Final = 4
"""Consultations of a person at a unit, of those that are new: the more, the fewer identities."""

P = ParamSpec("P")
T = TypeVar("T")


class Clock:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Count the time of a block."""
        began = process_time()
        try:
            yield
        finally:
            self.seconds[stage] += process_time() - began


def visits(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Consultations with ids of their own, some visits a person."""
    return [
        consultation(
            n // VISITS,
            consultation_id=f"k-{first + n}",
            duration_minutes=20 + n % VISITS,
            head_circumference_mm=380 + n % 20,
            **({"programme_step": None} if n % 5 == 4 else {}),
        )
        for n in range(count)
    ]


def measure(each: int) -> Mapping[str, float]:
    """Microseconds an item by stage, for deliveries of so many items: the median of the rounds."""
    records = deliveries(ITEMS // each, each)
    rounds = [one_round(records, each) for _ in range(ROUNDS)]
    return {stage: round(median(r[stage] for r in rounds), 2) for stage in rounds[0]}


def deliveries(count: int, each: int) -> list[SourceRecord]:
    """Deliveries of so many items each, in the sequence of one unit."""
    return [source_record(visits(each, n * each), sequence=n + 1, offset=n) for n in range(count)]


def one_round(records: Sequence[SourceRecord], each: int) -> dict[str, float]:
    """Microseconds an item by stage, of deliveries that nobody has seen before."""
    receiver, clock = Receiver(), Clock()
    effects = _timed_effects(clock)
    restore = wire.encoder  # type: ignore[attr-defined]
    wire.encoder = lambda w: _timed(clock, "encode", restore(w))  # type: ignore[attr-defined, assignment]
    try:
        for at in range(0, len(records), BATCH_ITEMS // each):
            receiver.take(*records[at : at + BATCH_ITEMS // each], effects=effects)
    finally:
        wire.encoder = restore  # type: ignore[attr-defined]
    seconds = clock.seconds
    seconds["decide"] = seconds.pop(Stage.DECIDE) - seconds["encode"]
    seconds["order"] += seconds.pop(Stage.CHOOSE)
    items = len(records) * each
    return {stage: 1e6 * spent / items for stage, spent in seconds.items()}


def _timed(clock: Clock, stage: str, work: Callable[P, T]) -> Callable[P, T]:
    def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        with clock.measure(stage):
            return work(*args, **kwargs)

    return timed


def _timed_effects(clock: Clock) -> BatchEffects:
    """Effects that answer at once, with a clock around each stage."""
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    work = decrypt_and_frame(
        _timed(
            clock, "open", partial(decrypt_delivery, private_keys=private_keys(), allow_clear=False)
        ),
        _timed(clock, "rules_and_enrichment", partial(prepare, context=context)),
    )

    async def arrive_all(records: Sequence[SourceRecord]) -> list[Arrived | DeliveryRefused]:
        with clock.measure("order"):
            return [arrive(record) for record in records]

    async def prepare_all(chosen: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
        return work(chosen)

    async def nothing_missing(places: Collection[LogPosition]) -> Mapping[LogPosition, bytes]:
        raise AssertionError(f"every consultation is new: {places} cannot be missing")

    async def in_thread(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return work(*args, **kwargs)

    return BatchEffects(
        arrive=arrive_all,
        prepare=prepare_all,
        read_back=nothing_missing,
        in_thread=in_thread,
        measure=clock.measure,
    )


def stages() -> dict[str, Mapping[str, float]]:
    """By items a delivery."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return {str(each): measure(each) for each in (100, 1_000)}


if __name__ == "__main__":
    print(json.dumps(stages(), indent=2))
