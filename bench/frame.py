"""Microseconds an item of opening and preparing, beside a plain fastavro decode in the same run.

Run: python -m bench.frame
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import fastavro

from kpr_stream.model.delivery import Arrived, Opened, SourceRecord
from kpr_stream.processor.arrive import arrive
from kpr_stream.processor.frame import FrameContext, prepare
from kpr_stream.processor.open import open_delivery
from kpr_stream.reference import load_reference
from tests.deliveries import consultation, container, opened, private_keys, source_record

ROUNDS = 30
"""The best of them counts: the others say more about the machine's other work."""


def main() -> None:
    """Print one line a batch shape."""
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    for deliveries, each in ((1, 1), (1, 100), (10, 100), (1, 1000), (4, 1000)):
        rows = [consultation(n) for n in range(each)]
        records = [source_record(rows, sequence=n + 1) for n in range(deliveries)]
        batch = [opened(rows, sequence=n + 1) for n in range(deliveries)]
        payload = container(rows)

        def open_all(records: list[SourceRecord] = records) -> None:
            for record in records:
                arrived = arrive(record)
                if isinstance(arrived, Arrived):
                    open_delivery(arrived, private_keys(), allow_clear=False)

        def prepare_all(batch: list[Opened] = batch) -> None:
            prepare(batch, context)

        def decode_all(payload: bytes = payload, deliveries: int = deliveries) -> None:
            for _ in range(deliveries):
                list(fastavro.reader(io.BytesIO(payload)))

        items = deliveries * each
        opening, preparing, decoding = (
            _microseconds(work) / items for work in (open_all, prepare_all, decode_all)
        )
        print(
            f"{deliveries:>3} x {each:<5} open {opening:8.1f}  prepare {preparing:8.1f}"
            f"  fastavro decode {decoding:8.1f} us/item  ratio {preparing / decoding:5.2f}"
        )


def _microseconds(work: Callable[[], None]) -> float:
    work()
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken) * 1e6


if __name__ == "__main__":
    main()
