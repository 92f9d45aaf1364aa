"""Broker and workers under test, and every way to disturb them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from kpr_stream.access import kafka_access
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.process import spawn
from kpr_stream.embedded.start import running_stack
from kpr_stream.embedded.state import StackState, supervisor_pid
from kpr_stream.model.topics import Role
from kpr_stream.settings import Settings
from tests.faults.orders import Orders
from tests.faults.proxy import Proxy
from tests.faults.worker import ORDERS, ROUTE, SWITCH_OFF
from tests.repository import ROOT
from tests.stack import stack_settings

SESSION_TIMEOUT_MS: Final = 6000
"""The least a broker allows: what is frozen for longer is evicted."""
HEARTBEAT_MS: Final = 1000
RESTART_S: Final = 0.5
"""An orchestrator's pause before it starts a dead worker again."""
POLL_S: Final = 0.05
STOP_S: Final = 20.0
LIMIT_S: Final = 120.0
"""How long anything is waited for: the machine may be busy with other things."""

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

    @cached_property
    def access(self) -> dict[str, str]:
        """How a super user's librdkafka client gets to the broker, past every proxy."""
        return kafka_access(self.settings, Role.ADMIN).for_librdkafka()


@dataclass(slots=True)
class Worker:
    """One worker's process and its way to the broker. ``wanted``: start it again when it ends."""

    instance: str
    proxy: Proxy
    process: Process | None = None
    wanted: bool = True
    frozen: bool = False
    ended_at: float = 0.0
    ends: Counter[int] = field(default_factory=Counter)
    """Exit codes so far."""

    @property
    def alive(self) -> bool:
        """Whether its process runs (or is frozen)."""
        return self.process is not None and self.process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if there is somebody to get it."""
        if self.process is not None and self.alive:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)


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
        self.workers: dict[str, Worker] = {}
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
            await asyncio.wait({self._keeper})
            await self.stop()

    async def join(self, instance: str) -> Worker:
        """Start a worker, and again whenever it ends."""
        worker = self.workers.get(instance)
        if worker is None:
            proxy = Proxy(self.stack.broker_port)
            await proxy.start()
            worker = self.workers[instance] = Worker(instance, proxy)
        worker.wanted = True
        if not worker.alive:
            await self._start(worker)
        return worker

    def leave(self, instance: str) -> None:
        """SIGTERM; it is not started again until it joins."""
        self.workers[instance].wanted = False
        self.workers[instance].signal(signal.SIGTERM)

    def kill(self, instance: str) -> None:
        """SIGKILL; it is started again."""
        self.workers[instance].signal(signal.SIGKILL)

    def freeze(self, instance: str) -> None:
        """SIGSTOP."""
        self.workers[instance].frozen = True
        self.workers[instance].signal(signal.SIGSTOP)

    def thaw(self, instance: str) -> None:
        """SIGCONT."""
        self.workers[instance].frozen = False
        self.workers[instance].signal(signal.SIGCONT)

    async def stop(self) -> None:
        """Let every worker end in order; kill what does not."""
        workers = list(self.workers.values())
        for worker in workers:
            worker.wanted = False
            worker.proxy.heal()
            worker.signal(signal.SIGCONT)
            worker.signal(signal.SIGTERM)
        await asyncio.gather(*(_ended(worker) for worker in workers))
        await asyncio.gather(*(worker.proxy.stop() for worker in workers))

    def ends(self) -> dict[str, dict[int, int]]:
        """Exit codes of every worker so far."""
        return {name: dict(worker.ends) for name, worker in self.workers.items()}

    async def until_answered(self, places: list[Place], limit_s: float = LIMIT_S) -> bool:
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
            for worker in list(self.workers.values()):
                if worker.process is not None and not worker.alive and worker.ended_at == 0:
                    worker.ended_at = time.monotonic()
                    worker.ends[worker.process.returncode or 0] += 1
                    worker.frozen = False
                due = time.monotonic() - worker.ended_at > RESTART_S
                if worker.wanted and not worker.alive and worker.ended_at and due:
                    await self._start(worker)
            await asyncio.sleep(POLL_S)

    async def _start(self, worker: Worker) -> None:
        worker.frozen, worker.ended_at = False, 0.0
        environment = {
            "KPR_HOME": str(self.stack.settings.home),
            "KPR_INSTANCE": worker.instance,
            "KPR_APP_ID": self.app_id,
            "KPR_LEDGER_DIR": str(self.folder / "ledger"),
            "KPR_SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
            "KPR_HEARTBEAT_INTERVAL_MS": str(HEARTBEAT_MS),
            ORDERS: str(self.orders.folder),
            ROUTE: f"{self.stack.broker_port}:{worker.proxy.port}",
            SWITCH_OFF: self._switched_off,
            **self._settings,
        }
        self.orders.folder.mkdir(parents=True, exist_ok=True)
        said = [f"{name}={value}" for name, value in environment.items()]
        env = shutil.which("env")
        assert env is not None
        worker.process = await spawn(
            (env, *said, sys.executable, "-m", "tests.faults.worker"),
            death_signal=signal.SIGKILL,
            log=self.folder / f"{worker.instance}.log",
            cwd=ROOT,
        )


async def until(ask: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Wait for a condition; AssertionError after the limit."""
    limit = time.monotonic() + limit_s
    while not ask():
        assert time.monotonic() < limit, f"still not so after {limit_s:.0f} s"
        await asyncio.sleep(POLL_S)


async def _ended(worker: Worker) -> None:
    if worker.process is None:
        return
    try:
        await asyncio.wait_for(worker.process.wait(), STOP_S)
    except TimeoutError:
        worker.signal(signal.SIGKILL)
        await worker.process.wait()
