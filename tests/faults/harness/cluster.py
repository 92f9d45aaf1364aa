"""Run broker, database, workers and sinks under test, and disturb them."""

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

import asyncpg
import psutil
from confluent_kafka import Consumer, KafkaException, TopicPartition

from kpr_stream.database.access import postgres_dsn
from kpr_stream.embedded.credentials import SUPERUSER
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.start import running_stack
from kpr_stream.embedded.state import StackState, supervisor_pid
from kpr_stream.errors import TopicChangedError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import CONSULTATION, Role
from kpr_stream.processor.lanes.accept_topic import accept_topic
from kpr_stream.settings import Settings
from kpr_stream.sinks.tables import SinkKind
from tests.faults.harness.breakpoints import Breakpoints
from tests.faults.harness.columns import ColumnNotes, Columns
from tests.faults.harness.proxy import Proxy, to_database
from tests.faults.harness.restarting_process import RestartingProcess
from tests.faults.harness.route import ROUTE
from tests.faults.harness.worker import BREAKPOINTS, COLUMNS, SWITCH_OFF
from tests.support.poll import HANGING_S
from tests.support.stack import (
    USUAL_BATCH_BYTES,
    fresh_topics,
    limit_batches,
    stack_settings,
)

SESSION_TIMEOUT_MS: Final = 6000
"""The shortest that a broker allows. A worker frozen for longer is evicted from the group."""
HEARTBEAT_MS: Final = 500
POLL_S: Final = 0.05
ADMIN_S: Final = 30.0

LogPosition = tuple[str, int, int]
"""Topic, partition, offset."""


class Stack:
    """An embedded stack whose broker can be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = stack_settings(home)
        self._running: AbstractContextManager[StackState] | None = None
        self._state: StackState | None = None

    @property
    def broker_port(self) -> int:
        """Return the broker's port, which stays the same after every start."""
        assert self._state is not None
        return int(self._state.addresses["kafka"].rpartition(":")[2])

    @property
    def database_port(self) -> int:
        """Return the database's port, which stays the same after every start."""
        assert self._state is not None
        return int(self._state.addresses["postgres"].partition("/")[0].rpartition(":")[2])

    async def start(self) -> None:
        """Start the stack, again if need be, on the same data."""
        self._running = running_stack(self.settings)
        self._state = await asyncio.to_thread(self._running.__enter__)

    async def stop(self) -> None:
        """Stop the stack if it runs."""
        if self._running is not None:
            running, self._running = self._running, None
            await asyncio.to_thread(running.__exit__, None, None, None)

    async def kill_broker(self) -> None:
        """Kill the broker with SIGKILL; return when the whole stack has ended."""
        assert self._state is not None
        os.kill(self._state.pids["kafka"], signal.SIGKILL)
        layout = Layout.of(self.settings.home)
        await wait_until(lambda: supervisor_pid(layout) is None)
        await self.stop()

    def crash_database(self) -> bool:
        """Kill one of the database's processes with SIGKILL. False if there is none just now.

        The server then drops every connection and recovers, as after a crash.
        """
        assert self._state is not None
        try:
            children = psutil.Process(self._state.pids["postgres"]).children()
            children[-1].kill()
        except (psutil.NoSuchProcess, IndexError):
            return False
        return True

    async def set_read_only(self, on: bool) -> None:  # noqa: FBT001 - its only parameter
        """Let the database take no changes, in open sessions too; or take them again."""
        dsn = postgres_dsn(self.settings, SUPERUSER).get_secret_value()
        connection = await _connected(dsn)
        try:
            await connection.execute(
                f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}"
            )
            await connection.execute("SELECT pg_reload_conf()")
        finally:
            await connection.close()

    def make_again(self, topic: str) -> None:
        """Delete a topic and create it again, empty: it has another id."""
        fresh_topics(self.settings, [topic])

    def limit_batches(self, most_bytes: int = USUAL_BATCH_BYTES) -> None:
        """Limit the batches of the consultation topic. KafkaException if the broker is down."""
        limit_batches(self.settings, CONSULTATION, most_bytes)

    @cached_property
    def access(self) -> dict[str, str]:
        """Return a super user's settings for librdkafka, which bypass every proxy."""
        return kafka_access(self.settings, Role.ADMIN).for_librdkafka()


class Cluster:
    """Workers and sinks on a stack. ``running`` ends every process."""

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        *,
        app_id: str = "kpr-hst",
        switched_off: str = "",
        columns: Columns = Columns.ON,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.stack, self.folder, self.app_id = stack, folder, app_id
        self.breakpoints = Breakpoints(folder / "breakpoints")
        self.workers: dict[str, RestartingProcess] = {}
        self.sinks: dict[str, RestartingProcess] = {}
        self.column_notes = ColumnNotes(self.breakpoints.folder)
        self._switched_off, self._columns = switched_off, columns
        self._settings = settings or {}
        self._restarter: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self, *instances: str) -> AsyncIterator[Cluster]:
        """Keep these workers alive for the length of the block, then end every process."""
        self._restarter = asyncio.create_task(self._restart_ended())
        try:
            for instance in instances:
                await self.join(instance)
            yield self
        finally:
            self._restarter.cancel()
            try:
                await asyncio.wait({self._restarter})
            finally:
                await self.stop()

    async def join(self, instance: str) -> RestartingProcess:
        """Start a worker, and restart it whenever it ends."""
        worker = self.workers.get(instance)
        if worker is None:
            worker = self.workers[instance] = await self._worker(instance)
        worker.wanted = True
        if not worker.alive:
            await worker.start()
        return worker

    def leave(self, instance: str) -> None:
        """Stop a worker with SIGTERM. It stays down until ``join``."""
        self.workers[instance].wanted = False
        self.workers[instance].signal(signal.SIGTERM)

    def kill(self, instance: str) -> None:
        """Kill a worker with SIGKILL. It is restarted."""
        self.workers[instance].kill()

    def freeze(self, instance: str) -> None:
        """Freeze a worker with SIGSTOP."""
        self.workers[instance].freeze()

    def thaw(self, instance: str) -> None:
        """Let a frozen worker resume with SIGCONT."""
        self.workers[instance].thaw()

    async def stop(self) -> None:
        """Stop every process, and kill those that do not end in time."""
        await asyncio.gather(*(one.stop() for one in self._processes()))

    def exit_codes(self) -> dict[str, dict[int, int]]:
        """Count the exit codes of every process so far, by instance."""
        return {one.instance: dict(one.exit_codes) for one in self._processes()}

    def ended_by_a_changed_topic(self) -> int:
        """Count how often a worker has ended because a topic was made again."""
        return sum(one.exit_codes[TopicChangedError.exit_code] for one in self.workers.values())

    async def accept_topic(self, topic: str) -> None:
        """Let the workers resume with a topic that was made again, as an operator would."""
        access = kafka_access(self.stack.settings, Role.PROCESSOR)
        await accept_topic(access, self.app_id, topic)

    async def wait_until_answered(
        self, places: list[LogPosition], limit_s: float = HANGING_S
    ) -> bool:
        """Wait until the group has committed offsets past these records. False after the limit."""
        # Read uncommitted, or librdkafka waits for offsets that are still in a transaction.
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
                    committed = await asyncio.to_thread(consumer.committed, asked, timeout=10)
                    offsets = {(p.topic, p.partition): p.offset for p in committed}
                    if all(offsets[topic, number] > offset for topic, number, offset in places):
                        return True
                await asyncio.sleep(4 * POLL_S)
            return False
        finally:
            consumer.close()

    def _processes(self) -> tuple[RestartingProcess, ...]:
        return (*self.workers.values(), *self.sinks.values())

    async def _restart_ended(self) -> None:
        while True:
            for process in self._processes():
                await process.restart_if_ended()
            await asyncio.sleep(POLL_S)

    async def _worker(self, instance: str) -> RestartingProcess:
        proxy = Proxy(self.stack.broker_port)
        await proxy.start()
        self.breakpoints.folder.mkdir(parents=True, exist_ok=True)
        return RestartingProcess(
            instance=instance,
            command=("-m", "tests.faults.harness.worker"),
            environment={
                "KPR_HOME": str(self.stack.settings.home),
                "KPR_INSTANCE": instance,
                "KPR_APP_ID": self.app_id,
                "KPR_LEDGER_DIR": str(self.folder / "ledger"),
                "KPR_SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
                "KPR_HEARTBEAT_INTERVAL_MS": str(HEARTBEAT_MS),
                BREAKPOINTS: str(self.breakpoints.folder),
                ROUTE: f"{self.stack.broker_port}:{proxy.port}",
                SWITCH_OFF: self._switched_off,
                "KPR_DECIDE_IN_COLUMNS": str(self._columns is not Columns.OFF),
                COLUMNS: self._columns,
                **self._settings,
            },
            log=self.folder / f"{instance}.log",
            proxy=proxy,
        )

    async def start_sinks(self) -> None:
        """Start a sink of each kind, and restart it whenever it ends. The tables must exist."""
        for kind in SinkKind:
            proxy = Proxy(self.stack.database_port, to_database)
            await proxy.start()
            self.sinks[kind] = RestartingProcess(
                instance=f"{kind}-sink",
                command=("-m", "tests.faults.harness.sink", kind),
                environment={
                    "KPR_HOME": str(self.stack.settings.home),
                    ROUTE: f"{self.stack.database_port}:{proxy.port}",
                },
                log=self.folder / f"{kind}-sink.log",
                proxy=proxy,
            )
            await self.sinks[kind].start()


async def _connected(dsn: str) -> asyncpg.Connection:
    """Connect to a server that may still recover from the crash before."""
    async with asyncio.timeout(HANGING_S):
        while True:
            try:
                return await asyncpg.connect(dsn)
            except (asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError, OSError):
                await asyncio.sleep(POLL_S)


async def wait_until(ask: Callable[[], object], limit_s: float = HANGING_S) -> None:
    """Wait for a condition; AssertionError after the limit."""
    limit = time.monotonic() + limit_s
    while not ask():
        assert time.monotonic() < limit, f"the condition is still false after {limit_s:.0f} s"
        await asyncio.sleep(POLL_S)
