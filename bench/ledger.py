"""Measure a worker's ledgers: memory as they grow, lookups, a warm start, a cold rebuild.

    python -m bench.ledger [--entries 5000000] [--records 400000]

Memory and lookups are measured on eight ledgers, as in a worker. The rebuild reads records like
the processor's from the embedded broker. Figures go to bench/results/ledger.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry

from kpr_stream.embedded.start import running_stack
from kpr_stream.kafka.access import kafka_access
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.model import topics
from kpr_stream.model.header import HEADER_NAME, HeaderStatus, LedgerHeader
from kpr_stream.model.topics import PARTITIONS, Role
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.lanes.recovery import Opener, close_all
from kpr_stream.processor.state.entries import entries_of
from kpr_stream.processor.worker.metrics_observer import MetricsObserver
from kpr_stream.settings import Settings

RESULTS = Path(__file__).parent / "results" / "ledger.json"
BATCH = 4_000
LOOKUPS = 100_000
VALUE = bytes(300)
"""About as large as an encoded cleaned record."""


def header(source_offset: int, dice: random.Random) -> LedgerHeader:
    return LedgerHeader(
        source_topic=0,
        source_offset=source_offset,
        status=HeaderStatus.LIVE,
        extracted_at=1_700_000_000_000,
        sequence=source_offset,
        content_hash=dice.randbytes(16),
        person_key=dice.randbytes(16),
        natural_key=dice.randbytes(16),
    )


def grow(folder: Path, entries: int) -> dict[str, Any]:
    """Fill eight ledgers evenly and measure memory at every tenth of the way."""
    dice, memory = random.Random(1), LedgerMemory()
    ledgers = [Ledger(folder / f"lane-{i}", memory) for i in range(PARTITIONS)]
    process = psutil.Process()
    before = process.memory_info().rss
    kept: list[tuple[int, bytes]] = []
    grown: list[dict[str, Any]] = []
    written = 0
    began = time.perf_counter()
    while written < entries:
        for lane, ledger in enumerate(ledgers):
            keys = [dice.randbytes(16) for _ in range(BATCH)]
            puts: dict[bytes, bytes] = {}
            for key in keys:
                puts.update(
                    entries_of(
                        topics.CONSULTATION,
                        key.hex().encode(),
                        b"",
                        header(written, dice),
                        known=puts.get,
                    )
                )
            ledger.write(puts)
            kept.append((lane, keys[0]))
            written += BATCH
        if written * 10 // entries > len(grown):
            rss = (process.memory_info().rss - before) // 2**20
            grown.append({"entries": written, "megabytes": rss})
            print(f"{written} entries: {rss} MB", file=sys.stderr)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    for lane, ledger in enumerate(ledgers):
        known = [b"c" + key for at, key in kept if at == lane]
        wanted = [
            dice.choice(known) if n % 2 else b"c" + dice.randbytes(16)
            for n in range(LOOKUPS // PARTITIONS)
        ]
        for start in range(0, len(wanted), 500):
            ledger.get_many(wanted[start : start + 500])
    looked_up = time.perf_counter() - began
    after = (process.memory_info().rss - before) // 2**20
    for ledger in ledgers:
        ledger.close()
    began = time.perf_counter()
    for i in range(PARTITIONS):
        Ledger(folder / f"lane-{i}", memory).close()
    disk = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) // 2**20
    return {
        "entries": written,
        "growth": grown,
        "megabytes_after_lookups": after,
        "disk_megabytes": disk,
        "writes_per_second": round(written / seconds),
        "lookups_per_second": round(LOOKUPS / looked_up),
        "reopen_eight_seconds": round(time.perf_counter() - began, 2),
    }


async def rebuild(settings: Settings, folder: Path, records: int) -> dict[str, Any]:
    """Write records of one lane as the processor does, then read them back cold and warm."""
    access = kafka_access(settings, Role.PROCESSOR)
    dice = random.Random(2)
    producer = AIOKafkaProducer(
        **access.for_aiokafka(), compression_type="lz4", max_batch_size=500_000, linger_ms=5
    )
    await producer.start()
    for n in range(records):
        await producer.send(
            topics.CONSULTATION,
            value=VALUE,
            key=dice.randbytes(16).hex().encode(),
            partition=0,
            headers=[(HEADER_NAME, header(n, dice).pack())],
        )
    await producer.stop()
    found: dict[str, Any] = {"records": records}
    for name, again in (("cold", False), ("warm", True)):
        opener = Opener(
            access,
            "kpr-hst",
            ledger_dir=folder / "rebuilt",
            observer=MetricsObserver(Metrics(Process.WORKER, CollectorRegistry())),
            now=lambda: round(time.time() * 1000),
        )
        producers = await opener.fence((0,))
        began = time.perf_counter()
        _, cold = await opener.catch_up((0,))
        if bool(cold) == again:
            raise SystemExit(f"the ledger of the {name} start was not {name}")
        if cold:
            await opener.rebuild(0, lambda: False)
        seconds = time.perf_counter() - began
        await close_all(producers.values())
        opener.close()
        found[f"{name}_seconds"] = round(seconds, 2)
        if not again:
            found["cold_records_per_second"] = round(records / seconds)
    return found


def main() -> None:
    """Measure, print and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=5_000_000)
    parser.add_argument("--records", type=int, default=400_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(home=folder / "home")
        with running_stack(settings):
            cold = asyncio.run(rebuild(settings, folder, options.records))
        grown = grow(folder / "grown", options.entries)
    third = 35_000_000 / 3
    found = {
        "ledgers": grown,
        "rebuild": cold,
        "third_of_35_million_seconds": round(third / cold["cold_records_per_second"]),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
