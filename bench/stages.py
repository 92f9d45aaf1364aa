"""What each pure stage of a worker costs an item, without broker: microseconds of CPU.

    python -m bench.stages

The stages run as a lane runs them, over deliveries of new persons and new consultations. Encoding
is part of settling and told apart by a clock around the encoder.
"""

from __future__ import annotations

import gc
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import process_time
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.model.delivery import Arrived, Decrypted, SourceRecord
from kpr_stream.processor.decide.batch import decide_deliveries, select
from kpr_stream.processor.decide.delivery import source_id
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.state.overlay import Overlay
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

T = TypeVar("T")


class Clock:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def of(self, stage: str, work: Callable[[], T]) -> T:
        """Do a piece of work and count its time."""
        began = process_time()
        done = work()
        self.seconds[stage] += process_time() - began
        return done


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
    records = [
        source_record(visits(each, n * each), sequence=n + 1, offset=n)
        for n in range(ITEMS // each)
    ]
    rounds = [_round(records, each) for _ in range(ROUNDS)]
    return {stage: round(median(r[stage] for r in rounds), 2) for stage in rounds[0]}


def _round(records: Sequence[SourceRecord], each: int) -> dict[str, float]:
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    keys, receiver, clock = private_keys(), Receiver(), Clock()
    restore = wire.encoder  # type: ignore[attr-defined]
    wire.encoder = lambda w: _timed(clock, restore(w))  # type: ignore[attr-defined, assignment]
    try:
        for at in range(0, len(records), BATCH_ITEMS // each):
            _batch(records[at : at + BATCH_ITEMS // each], receiver, context, keys, clock)
    finally:
        wire.encoder = restore  # type: ignore[attr-defined]
    seconds = clock.seconds
    seconds["decide"] = seconds.pop("settle") - seconds["encode"]
    items = len(records) * each
    return {stage: 1e6 * spent / items for stage, spent in seconds.items()}


def _timed(clock: Clock, encode: Callable[..., bytes]) -> Callable[..., bytes]:
    return lambda record: clock.of("encode", lambda: encode(record))


def _batch(
    records: Sequence[SourceRecord],
    receiver: Receiver,
    context: FrameContext,
    keys: Mapping[str, RSAPrivateKey],
    clock: Clock,
) -> None:
    def open_all(chosen: Sequence[Arrived]) -> list[Any]:
        return [decrypt_delivery(one, keys, allow_clear=False) for one in chosen]

    arrived = clock.of("order", lambda: [arrive(record) for record in records])
    overlay = Overlay(receiver)
    chosen = clock.of("order", lambda: select(arrived, overlay, receiver.emitter))
    opened = clock.of("open", lambda: open_all(chosen))
    good = [one for one in opened if isinstance(one, Decrypted)]
    ready = clock.of("rules_and_enrichment", lambda: list(prepare(good, context)))
    results = {source_id(d.source): r for d, r in zip(chosen, ready, strict=True)}
    batch = clock.of(
        "settle", lambda: decide_deliveries(arrived, results, overlay, receiver.emitter)
    )
    receiver.remember({**overlay.puts, **receiver.commit(batch.outputs, overlay.puts)})


def stages() -> dict[str, Mapping[str, float]]:
    """By items a delivery."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return {str(each): measure(each) for each in (100, 1_000)}


if __name__ == "__main__":
    print(json.dumps(stages(), indent=2))
