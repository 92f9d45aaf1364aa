"""What each stage of a worker costs an item, without broker: microseconds of CPU.

    python -m bench.stages [--rounds 5] [--items 16000]

The stages run as in a lane, by the pipeline, over deliveries of new consultations as a nation
reports them (``bench/visits.py``), with a ledger on disk. Encoding is part of deciding: a clock
around the encoder would cost more than the encoder. CPU time is that of all threads of the
process, those of Polars and RocksDB included.

Figures go to bench/results/stages.json, by items a batch and items a delivery, item by item and in
columns. Rounds are interleaved and the median counts: compare the ratios. Records are appended to
batches and compressed as for a broker, and then dropped.
"""

from __future__ import annotations

import argparse
import gc
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final, NamedTuple, NoReturn, ParamSpec, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from bench.machine import machine
from bench.visits import rights, visits
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.header import HEADER_NAME
from kpr_stream.model.limits import COLUMNS_FROM_ITEMS
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.stages import Stage
from kpr_stream.processor.adapters.batches import Headers, in_batches
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.adapters.tuning import PRODUCER, values
from kpr_stream.processor.columns.plan import plan_batch
from kpr_stream.processor.effects import BatchEffects, InColumns
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.pipeline import Decided, decrypt_and_frame
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.worker.main import GC_THRESHOLDS
from kpr_stream.reference import load_reference
from tests.support.deliveries import private_keys, source_record
from tests.support.receiver import Receiver

RESULTS: Final = Path(__file__).parent / "results" / "stages.json"
ITEMS: Final = 16_000
ROUNDS: Final = 5
ITEMS_A_DELIVERY: Final = 100
"""So many items a delivery at least, or unwrapping keys is all that a round measures."""
FEWEST_ITEMS: Final = 2_000


class Load(NamedTuple):
    """How items come, so many in a delivery and in a micro-batch, and how they are decided."""

    each: int
    batch: int
    columns: bool = True
    """Whether plain items are decided in columns; every item goes item by item otherwise."""


SIZES: Final = ((1, 1_000), (10, 1_000), (100, 1_000), (1_000, 1_000), (100, 4_000), (1_000, 4_000))
LOADS: Final = tuple(Load(*size, columns) for size in SIZES for columns in (False, True))
PAGE: Final = (Load(100, 1_000), Load(1_000, 1_000))
"""The loads of docs/operate/speed.md."""

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


def measure(loads: Sequence[Load], items: int, rounds: int) -> dict[Load, dict[str, float]]:
    """Microseconds an item by stage, for each load: the median of interleaved rounds."""
    records = {load: deliveries(_count(load, items), load.each) for load in loads}
    found: dict[Load, list[dict[str, float]]] = {load: [] for load in loads}
    for _ in range(rounds):
        for load in loads:
            found[load].append(one_round(records[load], load))
    return {
        load: {stage: round(median(r[stage] for r in each), 2) for stage in each[0]}
        for load, each in found.items()
    }


def _count(load: Load, items: int) -> int:
    fewest = min(items, FEWEST_ITEMS if load.each < ITEMS_A_DELIVERY else items)
    return max(1, fewest // load.each)


def deliveries(count: int, each: int) -> list[SourceRecord]:
    """Deliveries of so many items each, in the sequence of one unit."""
    return [source_record(visits(each, n * each), sequence=n + 1, offset=n) for n in range(count)]


def one_round(records: Sequence[SourceRecord], load: Load) -> dict[str, float]:
    """Microseconds an item by stage, of deliveries that nobody has seen before."""
    items, clock = len(records) * load.each, Clock()
    effects = _timed_effects(clock, columns=load.columns)
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger", LedgerMemory())
        receiver = Receiver(rights(items), ledger)
        remember = _timed(clock, "remember", receiver.carry_through)

        def send_and_remember(decided: Decided) -> Decided:
            _send_nowhere(clock, decided)
            return remember(decided)

        receiver.carry_through = send_and_remember  # type: ignore[method-assign]
        at_once = load.batch // load.each
        with clock.measure("whole"):
            for at in range(0, len(records), at_once):
                receiver.take(*records[at : at + at_once], effects=effects)
        ledger.close()
    seconds = clock.seconds
    seconds["order"] += seconds.pop(Stage.CHOOSE)
    # What is left: progress of the sources, and the steps between the stages.
    seconds["between"] = seconds.pop("whole") - sum(seconds.values())
    return {stage: 1e6 * spent / items for stage, spent in seconds.items()}


def _send_nowhere(clock: Clock, decided: Decided) -> None:
    """Do what a producer does with the records before the broker has them."""
    with clock.measure("append"):
        batched = in_batches(decided.outputs, _headers, _new_builder)
    with clock.measure("compress"):
        for batch in batched.batches:
            batch.builder._build()  # noqa: SLF001 - aiokafka compresses here, when it sends


def _headers(record: OutputRecord) -> Headers:
    return ((HEADER_NAME, record.header.pack()), *record.headers)


def _new_builder() -> BatchBuilder:
    tuned = values(PRODUCER)
    # As ``AIOKafkaProducer.create_batch`` makes one, which needs a broker.
    codec = AIOKafkaProducer._COMPRESSORS[tuned["compression_type"]][1]  # noqa: SLF001
    return BatchBuilder(tuned["max_batch_size"], codec, is_transactional=1)


def _timed(clock: Clock, stage: str, work: Callable[P, T]) -> Callable[P, T]:
    def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        with clock.measure(stage):
            return work(*args, **kwargs)

    return timed


def _timed_effects(clock: Clock, *, columns: bool) -> BatchEffects:
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
        columns=InColumns(plan_batch, COLUMNS_FROM_ITEMS, _never) if columns else None,
    )


def _never(cause: BaseException) -> NoReturn:
    raise AssertionError("columns raise") from cause


def stages() -> dict[str, Mapping[str, float]]:
    """By items a delivery, as docs/operate/speed.md shows them."""
    settle_memory()
    found = measure(PAGE, ITEMS, ROUNDS)
    return {str(load.each): found[load] for load in PAGE}


def settle_memory() -> None:
    """Collect garbage as rarely as a worker does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def main() -> None:
    """Measure, print and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--items", type=int, default=ITEMS)
    options = parser.parse_args()
    settle_memory()
    found = measure(LOADS, options.items, options.rounds)
    result: dict[str, Any] = {
        "machine": machine(),
        "unit": "CPU microseconds an item, median of interleaved rounds",
        "rounds": options.rounds,
        "loads": [
            {
                "items_a_batch": load.batch,
                "items_a_delivery": load.each,
                "decided": "in columns" if load.columns else "item by item",
                "total": round(sum(by_stage.values()), 2),
                "by_stage": by_stage,
            }
            for load, by_stage in found.items()
        ],
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
