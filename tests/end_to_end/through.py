"""Send a nation through the real connectors, broker, workers and sinks, and compare everything.

Files are sent round by round as in the truth; within a round the systems send at the same time.
Each run has a stack of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kpr_stream.audit.balance import TOPICS_READ, Balance, unbalanced
from kpr_stream.audit.rows import Comparison, compare
from kpr_stream.connectors.run import Job, Progress, connected
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.database.migrate import migrate
from kpr_stream.demo.check import compare_rows
from kpr_stream.demo.processes import DemoProcess
from kpr_stream.demo.progress import TotalOverProcesses, free_port
from kpr_stream.embedded.start import running_stack
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.keys.access import keyring
from kpr_stream.metrics.worker import ITEMS
from kpr_stream.model import topics
from kpr_stream.model.topics import Role
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.worker.build import COLUMNS_FAIL
from kpr_stream.reference import load_reference
from kpr_stream.schemas import wire
from kpr_stream.simulate.nation.generate import Plan, generate
from tests.end_to_end import answers, truth
from tests.end_to_end.connecting import put_into_inbox
from tests.support.stack import stack_settings
from tests.support.write_rights import write_rights

WORKERS: Final = 2
SINKS: Final = ("content", "identity")
LOOK_S: Final = 0.1
ALONE: Final = 100
"""This process sends a round of fewer files itself: starting connectors would take longer."""
_TYPES = {
    topics.CONSULTATION: MessageType.CONSULTATION,
    topics.APPOINTMENT: MessageType.APPOINTMENT,
}


@dataclass(slots=True, kw_only=True)
class RunOutcome:
    """The results of a run, compared with the truth."""

    items: int
    answers: Counter[tuple[str, str]]
    """Items whose answer differs, by what was expected and found."""
    topic: Comparison
    rows: Comparison
    unbalanced: list[truth.Unit]
    doubled: int
    restarts: int
    columns_failed: int
    """Batches that went item by item because columns raised: the outcomes are right, only late."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def as_expected(self) -> bool:
        """Return whether everything agrees with the truth."""
        same = self.topic.equal and self.rows.equal
        return same and not (self.answers or self.unbalanced or self.doubled or self.columns_failed)

    def as_json(self) -> dict[str, Any]:
        """Return everything for a results file."""
        return {
            "as_told": self.as_expected,
            "items": self.items,
            "answers": {" > ".join(pair): n for pair, n in self.answers.items()},
            "topic": _as_json(self.topic),
            "rows": _as_json(self.rows),
            "unbalanced_units": len(self.unbalanced),
            "doubled": self.doubled,
            "restarts": self.restarts,
            "columns_failed": self.columns_failed,
            "seconds": self.seconds,
        }


def _as_json(found: Comparison) -> dict[str, Any]:
    return {
        "compared": found.compared,
        "missing": found.missing,
        "extra": found.extra,
        "different": dict(found.different),
    }


class NationRun:
    """One run. ``kill``: kill both workers (SIGKILL) once half of the items are answered."""

    def __init__(self, home: Path, plan: Plan, *, kill: bool) -> None:
        self._settings = stack_settings(home)
        self._home, self._plan, self._kill = home, plan, kill
        self._out, self._inbox, self._logs = home / "nation", home / "inbox", home / "log"
        self._seconds: dict[str, float] = {}
        self._workers: list[DemoProcess] = []

    @property
    def out(self) -> Path:
        """Return the folder of exports and truth."""
        return self._out

    async def run(self) -> RunOutcome:
        """Generate, send, store and compare the nation."""
        self._logs.mkdir(parents=True)
        with self._step("generate"):
            expected = generate(self._plan, self._out)
        items = int(expected["total"]["items_sent"])
        with running_stack(self._settings):
            await migrate(self._settings)
            await load_into_database(self._settings, load_reference())
            await self._reserve()
            async with self._at_work(items):
                with self._step("stream"):
                    for paths in truth.rounds(self._out):
                        await self._send(paths)
            with self._step("store"):
                self._store()
            with self._step("compare"):
                return await self._compare(items)

    async def _reserve(self) -> None:
        """Write all reservations to kpr.rights before anything is sent."""
        given = truth.rights(self._out, keyring(self._settings).pseudonyms)
        await write_rights(self._settings, given)

    @asynccontextmanager
    async def _at_work(self, items: int) -> AsyncIterator[None]:
        """Run workers and sinks for the length of the block, and restart those that end."""
        ports = [free_port() for _ in range(WORKERS)]
        self._workers = [
            self._child(f"worker-{n}", "worker", "--instance", f"worker-{n}", port=port)
            for n, port in enumerate(ports, start=1)
        ]
        sinks = [self._child(f"sink-{s}", "sink", s, port=free_port()) for s in SINKS]
        children = [*self._workers, *sinks]
        try:
            for child in children:
                child.start()
            watch = asyncio.create_task(self._watch(children, ports, items))
            try:
                yield
            finally:
                watch.cancel()
                with suppress(asyncio.CancelledError):
                    await watch
        finally:
            for child in children:
                child.stop()

    async def _watch(
        self, children: Sequence[DemoProcess], ports: Sequence[int], items: int
    ) -> None:
        answered = TotalOverProcesses(ports, ITEMS)
        waits = self._kill
        while True:
            if waits and await asyncio.to_thread(answered.total) * 2 >= items:
                for worker in self._workers:
                    os.kill(worker.pid, signal.SIGKILL)
                waits = False
            for child in children:
                child.ended()
            await asyncio.sleep(LOOK_S)

    async def _send(self, paths: Sequence[str]) -> None:
        """Send one round: put its files into the folders, and let connectors send new ones."""
        systems = put_into_inbox(self._out, self._inbox, paths)
        if len(paths) < ALONE:
            await asyncio.gather(*(self._connect_here(system) for system in systems))
            return
        connectors = [
            self._child(f"connector-{s}", "connect", str(self._inbox / s), "--system", s, "--json")
            for s in systems
        ]
        for connector in connectors:
            connector.start()
        await asyncio.gather(*(asyncio.to_thread(connector.wait) for connector in connectors))
        for connector in connectors:
            connector.result()

    async def _connect_here(self, system: System) -> None:
        job = Job(folder=self._inbox / system, system=system)
        async with connected(job, self._settings, Progress(), asyncio.Event()) as connector:
            await connector.run()
        assert connector.bad_files == []

    def _store(self) -> None:
        last = [self._child(f"last-{s}", "sink", s, "--until-caught-up", "--json") for s in SINKS]
        for child in last:
            child.start()
        for child in last:
            child.wait()
            child.result()

    async def _compare(self, items: int) -> RunOutcome:
        books, receipts = Balance(), []
        held: dict[MessageType, dict[str, dict[str, Any]]] = {kind: {} for kind in MessageType}
        async for record in read_all(kafka_access(self._settings, Role.ADMIN), TOPICS_READ):
            books.add(record)
            if record.topic in topics.RECEIPT_TOPICS and record.value:
                receipts.append(wire.decode("receipt", record.value))
            elif kind := _TYPES.get(record.topic):
                decoded = wire.decode(kind.value, record.value or b"")
                held[kind].update([answers.row_of(kind, decoded)])
        lines = self._home / "truth.jsonl"
        with lines.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in truth.lines(self._out))
        expected = truth.answers(self._out)
        rows, _ = await compare_rows(self._settings, lines)
        return RunOutcome(
            items=items,
            answers=answers.differing(expected, answers.items_of(receipts)),
            topic=compare(truth.lines(self._out), held, keyring(self._settings).pseudonyms),
            rows=rows,
            unbalanced=unbalanced(books, {unit: len(lines) for unit, lines in expected.items()}),
            doubled=books.doubled,
            restarts=sum(worker.restarts for worker in self._workers),
            columns_failed=sum(
                worker.log.read_text("utf-8").count(COLUMNS_FAIL) for worker in self._workers
            ),
            seconds=self._seconds,
        )

    def _child(self, name: str, *arguments: str, port: int | None = None) -> DemoProcess:
        more = [] if port is None else ["--metrics-port", str(port)]
        return DemoProcess(
            name,
            [*arguments, *more],
            self._settings,
            self._logs / f"{name}.log",
            {"KPR_SESSION_TIMEOUT_MS": "6000"},
            keep_alive=port is not None,
        )

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._seconds[name] = round(time.monotonic() - began, 1)
