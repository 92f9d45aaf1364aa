"""Broker, database, workers and sinks under test, and every way to disturb them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Final

import psutil
from confluent_kafka import Consumer, KafkaException, TopicPartition

from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.start import running_stack
from kpr_stream.embedded.state import StackState, supervisor_pid
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import CONSULTATION, Role
from kpr_stream.settings import Settings
from kpr_stream.sinks.tables import SinkKind
from tests.faults.harness.breakpoints import Orders
from tests.faults.harness.proxy import Proxy, to_database
from tests.faults.harness.restarting_process import Kept
from tests.faults.harness.route import ROUTE
from tests.faults.harness.worker import ORDERS, SWITCH_OFF
from tests.support.poll import HANGING_S
from tests.support.stack import USUAL_BATCH_BYTES, limit_batches, stack_settings

SESSION_TIMEOUT_MS: Final = 6000
"""The least a broker allows: what is frozen for longer is evicted."""
HEARTBEAT_MS: Final = 500
POLL_S: Final = 0.05
ADMIN_S: Final = 30.0

Place = tuple[str, int, int]
"""Topic, partition, offset."""


class Stack:
    """The embedded stack, whose broker can be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = stack_settings(home)
        self._running: AbstractContextManager[StackState] | None = None
        self._state: StackState | None = None

    @property
    def broker_port(self) -> int:
        """Where it listens; the same after every start."""
        assert self._state is not None
        return int(self._state.addresses["kafka"].rpartition(":")[2])

    @property
    def database_port(self) -> int:
        """The same for the database."""
        assert self._state is not None
        return int(self._state.addresses["postgres"].partition("/")[0].rpartition(":")[2])

    async def start(self) -> None:
        """Start, or start again on the same data."""
        self._running = running_stack(self.settings)
        self._state = await asyncio.to_thread(self._running.__enter__)

    async def stop(self) -> None:
        """Stop, if it runs."""
        if self._running is not None:
            running, self._running = self._running, None
            await asyncio.to_thread(running.__exit__, None, None, None)

    async def kill_broker(self) -> None:
        """SIGKILL; returns when everything of the stack is gone."""
        assert self._state is not None
        os.kill(self._state.pids["kafka"], signal.SIGKILL)
        layout = Layout.of(self.settings.home)
        await until(lambda: supervisor_pid(layout) is None)
        await self.stop()

    def crash_database(self) -> bool:
        """SIGKILL to one of the database's processes: it throws everybody out and recovers, as
        after a crash. False if there is none to be killed just now."""
        assert self._state is not None
        try:
            children = psutil.Process(self._state.pids["postgres"]).children()
            children[-1].kill()
        except (psutil.NoSuchProcess, IndexError):
            return False
        return True

    def limit_batches(self, most_bytes: int = USUAL_BATCH_BYTES) -> None:
        """How large a batch the topic of consultations takes. KafkaException if the broker is
        away."""
        limit_batches(self.settings, CONSULTATION, most_bytes)

    @cached_property
    def access(self) -> dict[str, str]:
        """How a super user's librdkafka client gets to the broker, past every proxy."""
        return kafka_access(self.settings, Role.ADMIN).for_librdkafka()


class Cluster:
    """Workers on a stack. Use as a context: at its end every process is gone."""

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        *,
        app_id: str = "kpr-hst",
        switched_off: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.stack, self.folder, self.app_id = stack, folder, app_id
        self.orders = Orders(folder / "orders")
        self.workers: dict[str, Kept] = {}
        self.sinks: dict[str, Kept] = {}
        self._switched_off = switched_off
        self._settings = settings or {}
        self._keeper: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self, *instances: str) -> AsyncIterator[Cluster]:
        """These workers are kept alive as long as the block lasts."""
        self._keeper = asyncio.create_task(self._keep())
        try:
            for instance in instances:
                await self.join(instance)
            yield self
        finally:
            self._keeper.cancel()
            try:
                await asyncio.wait({self._keeper})
            finally:
                await self.stop()

    async def join(self, instance: str) -> Kept:
        """Start a worker, and again whenever it ends."""
        worker = self.workers.get(instance)
        if worker is None:
            worker = self.workers[instance] = await self._worker(instance)
        worker.wanted = True
        if not worker.alive:
            await worker.start()
        return worker

    def leave(self, instance: str) -> None:
        """SIGTERM; it is not started again until it joins."""
        self.workers[instance].wanted = False
        self.workers[instance].signal(signal.SIGTERM)

    def kill(self, instance: str) -> None:
        """SIGKILL; it is started again."""
        self.workers[instance].kill()

    def freeze(self, instance: str) -> None:
        """SIGSTOP."""
        self.workers[instance].freeze()

    def thaw(self, instance: str) -> None:
        """SIGCONT."""
        self.workers[instance].thaw()

    async def stop(self) -> None:
        """Let every process end in order; kill what does not."""
        kept = (*self.workers.values(), *self.sinks.values())
        await asyncio.gather(*(one.stop() for one in kept))

    def ends(self) -> dict[str, dict[int, int]]:
        """Exit codes of every process so far."""
        kept = (*self.workers.values(), *self.sinks.values())
        return {one.instance: dict(one.ends) for one in kept}

    async def until_answered(self, places: list[Place], limit_s: float = HANGING_S) -> bool:
        """Wait until the group has committed offsets past these records; False after the limit."""
        # Read uncommitted: otherwise librdkafka waits for offsets that are in a transaction.
        consumer = Consumer(
            {
                **self.stack.access,
                "group.id": self.app_id,
                "enable.auto.commit": False,
                "isolation.level": "read_uncommitted",
            }
        )
        asked = [TopicPartition(topic, partition) for topic, partition, _ in places]
        limit = time.monotonic() + limit_s
        try:
            while time.monotonic() < limit:
                with suppress(KafkaException):
                    told = await asyncio.to_thread(consumer.committed, asked, timeout=10)
                    offsets = {(p.topic, p.partition): p.offset for p in told}
                    if all(offsets[topic, number] > offset for topic, number, offset in places):
                        return True
                await asyncio.sleep(4 * POLL_S)
            return False
        finally:
            consumer.close()

    async def _keep(self) -> None:
        while True:
            for kept in (*self.workers.values(), *self.sinks.values()):
                await kept.look()
            await asyncio.sleep(POLL_S)

    async def _worker(self, instance: str) -> Kept:
        proxy = Proxy(self.stack.broker_port)
        await proxy.start()
        self.orders.folder.mkdir(parents=True, exist_ok=True)
        return Kept(
            instance,
            ("-m", "tests.faults.harness.worker"),
            {
                "KPR_HOME": str(self.stack.settings.home),
                "KPR_INSTANCE": instance,
                "KPR_APP_ID": self.app_id,
                "KPR_LEDGER_DIR": str(self.folder / "ledger"),
                "KPR_SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
                "KPR_HEARTBEAT_INTERVAL_MS": str(HEARTBEAT_MS),
                ORDERS: str(self.orders.folder),
                ROUTE: f"{self.stack.broker_port}:{proxy.port}",
                SWITCH_OFF: self._switched_off,
                **self._settings,
            },
            self.folder / f"{instance}.log",
            proxy,
        )

    async def start_sinks(self) -> None:
        """Start a sink of each kind, and again whenever it ends. The tables must be there."""
        for kind in SinkKind:
            proxy = Proxy(self.stack.database_port, to_database)
            await proxy.start()
            self.sinks[kind] = Kept(
                f"{kind}-sink",
                ("-m", "tests.faults.harness.sink", kind),
                {
                    "KPR_HOME": str(self.stack.settings.home),
                    ROUTE: f"{self.stack.database_port}:{proxy.port}",
                },
                self.folder / f"{kind}-sink.log",
                proxy,
            )
            await self.sinks[kind].start()


async def until(ask: Callable[[], object], limit_s: float = HANGING_S) -> None:
    """Wait for a condition; AssertionError after the limit."""
    limit = time.monotonic() + limit_s
    while not ask():
        assert time.monotonic() < limit, f"still not so after {limit_s:.0f} s"
        await asyncio.sleep(POLL_S)
