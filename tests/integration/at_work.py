"""Run workers on a real broker, send deliveries as the vendors, and read the receipts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, time
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from kpr_stream.embedded.children.process import spawn
from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import public_key
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import (
    MAX_DELIVERY_BYTES,
    PARTITIONS,
    SOURCE_TOPICS,
    Role,
    receipt_topic,
)
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from kpr_stream.simulate.identifiers import org_nr
from tests.support.deliveries import source_record
from tests.support.poll import HANGING_S
from tests.support.processes import kill_tree
from tests.support.repository import ROOT

POLL_S: Final = 0.02
WORKER: Final = ("-m", "kpr_stream", "worker")

DeliveryPosition = tuple[System, int, int]
"""System, partition and offset of a delivery."""


async def wait_until(ask: Any, limit_s: float = HANGING_S) -> None:
    """Wait for a condition; AssertionError after the limit."""
    limit = monotonic() + limit_s
    while not ask():
        assert monotonic() < limit, f"the condition is still false after {limit_s:.0f} s"
        await asyncio.sleep(POLL_S)


def units_of_lane(lane: int, count: int) -> list[str]:
    """Return org numbers of units whose deliveries go to a lane."""
    found: list[str] = []
    index = 0
    while len(found) < count:
        number = org_nr(index)
        if partition_of(number) == lane:
            found.append(number)
        index += 1
    return found


class Vendors:
    """The four systems, each with its own login."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = public_key(settings)
        self._producers: dict[System, AIOKafkaProducer] = {}
        self.sent: dict[DeliveryPosition, float] = {}
        """When the broker confirmed each delivery."""

    async def start(self) -> None:
        for system in SYSTEMS:
            producer = AIOKafkaProducer(
                **kafka_access(self._settings, system).for_aiokafka(),
                acks="all",
                max_request_size=MAX_DELIVERY_BYTES,
                max_batch_size=500_000,
            )
            self._producers[system] = producer
            await producer.start()

    async def stop(self) -> None:
        for producer in self._producers.values():
            await producer.stop()

    def delivery(self, items: Sequence[Any] = (), **more: Any) -> SourceRecord:
        """Make a delivery that this receiver can decrypt, extracted now."""
        return source_record(items, receiver=self._key, received_at=int(time() * 1000), **more)

    async def send(self, *records: SourceRecord) -> list[DeliveryPosition]:
        """Send deliveries in order; return once the broker has confirmed them all."""
        waiting = []
        for record in records:
            topic = SOURCE_TOPICS[record.topic_index]
            future = await self._producers[SYSTEMS[record.topic_index]].send(
                topic, value=record.value, key=record.key, partition=record.partition
            )
            waiting.append((SYSTEMS[record.topic_index], future))
        places = []
        for system, future in waiting:
            stored = await future
            places.append((system, stored.partition, stored.offset))
            self.sent[places[-1]] = monotonic()
        return places


@dataclass
class Receipts:
    """Every receipt since the start of ``run``."""

    settings: Settings
    answers: dict[DeliveryPosition, list[dict[str, Any]]] = field(default_factory=dict)
    at: dict[DeliveryPosition, float] = field(default_factory=dict)
    """When the first answer to each delivery was read."""

    async def run(self, started: asyncio.Event) -> None:
        """Read receipts from now on, until cancelled."""
        consumer = AIOKafkaConsumer(
            **kafka_access(self.settings, Role.ADMIN).for_aiokafka(),
            isolation_level="read_committed",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
        )
        try:
            await consumer.start()
            consumer.assign(
                [TopicPartition(receipt_topic(s), n) for s in SYSTEMS for n in range(PARTITIONS)]
            )
            await consumer.seek_to_end()
            started.set()
            async for record in consumer:
                receipt = wire.decode("receipt", record.value)
                place = (
                    System(receipt["system"]),
                    receipt["source_partition"],
                    receipt["source_offset"],
                )
                self.answers.setdefault(place, []).append(receipt)
                self.at.setdefault(place, monotonic())
        finally:
            await consumer.stop()

    async def of(self, *places: DeliveryPosition) -> list[dict[str, Any]]:
        """Wait for the receipts of these deliveries, one each, and return them."""
        await wait_until(lambda: all(place in self.answers for place in places))
        assert all(len(self.answers[place]) == 1 for place in places)
        return [self.answers[place][0] for place in places]


@dataclass
class RestartingWorker:
    """A worker that is restarted whenever it ends."""

    process: Process
    exit_codes: list[int] = field(default_factory=list)
    """Exit codes so far."""


@dataclass
class AtWork:
    """The running workers, the vendors that send to them, and the receipts."""

    vendors: Vendors
    receipts: Receipts
    workers: list[RestartingWorker]
    log: Path


@asynccontextmanager
async def at_work(
    settings: Settings,
    folder: Path,
    *,
    group: str,
    workers: int = 1,
    command: Sequence[str] = WORKER,
    **environment: str,
) -> AsyncIterator[AtWork]:
    """Run workers until they serve, connected vendors, and a reader of receipts."""
    log = folder / f"{group}.log"
    log.touch()
    async with AsyncExitStack() as ends:
        vendors = Vendors(settings)
        ends.push_async_callback(vendors.stop)
        await vendors.start()
        receipts = Receipts(settings)
        started = asyncio.Event()
        await ends.enter_async_context(_running(receipts.run(started)))
        await asyncio.wait_for(started.wait(), HANGING_S)
        running = []
        for number in range(workers):
            variables = {
                "KPR_HOME": str(settings.home),
                "KPR_APP_ID": group,
                "KPR_INSTANCE": f"{group}-{number}",
                "KPR_LEDGER_DIR": str(folder / "ledger"),
                "KPR_SESSION_TIMEOUT_MS": "6000",
                **environment,
            }
            running.append(await ends.enter_async_context(restarting(command, variables, log)))
        await wait_until(lambda: log.read_text("utf-8").count("are open after") >= workers)
        yield AtWork(vendors, receipts, running, log)


@asynccontextmanager
async def _running(coroutine: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(coroutine)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def restarting(
    command: Sequence[str], environment: dict[str, str], log: Path
) -> AsyncIterator[RestartingWorker]:
    """Run a process, with these arguments of Python, and restart it whenever it ends."""
    with_variables = ["/usr/bin/env", *(f"{name}={value}" for name, value in environment.items())]

    async def start() -> Process:
        return await spawn(
            (*with_variables, sys.executable, *command),
            death_signal=signal.SIGKILL,
            log=log,
            cwd=ROOT,
        )

    worker = RestartingWorker(await start())

    async def restart() -> None:
        while True:
            worker.exit_codes.append(await worker.process.wait())
            worker.process = await start()

    try:
        async with _running(restart()):
            yield worker
        with suppress(ProcessLookupError):
            worker.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(worker.process.wait(), HANGING_S)
    finally:
        # Kill also if the body has raised or was cancelled: a worker left behind would answer the
        # next test's deliveries too. Kill first, because waiting may be cancelled again.
        kill_tree(worker.process.pid)
        await worker.process.wait()


async def command_line(
    settings: Settings, *arguments: str, **environment: str
) -> tuple[int, Any, str]:
    """Run kpr-stream; return its exit code, standard output (JSON is read) and standard error."""
    variables = {"KPR_HOME": str(settings.home), "PYTHONPATH": str(ROOT), **environment}
    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kpr_stream", *arguments),
        env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await done.communicate()
    finally:
        kill_tree(done.pid)
    is_json = out.startswith(b"{") and not out.startswith(b"{{")  # a template of Alertmanager
    shown = json.loads(out) if is_json else out.decode()
    return done.returncode or 0, shown, err.decode()


def altered(record: SourceRecord, value: bytes | None) -> SourceRecord:
    """Return the record with another value."""
    return replace(record, value=value)


def peak_bytes(pid: int) -> int:
    """Return the peak of a process's memory so far."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024
