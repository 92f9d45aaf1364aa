"""Let a connector live from one kill to the next, on a folder that gets new files meanwhile."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from kpr_stream.audit.balance import TOPICS_READ, Balance
from kpr_stream.connectors.export.reader import SIDECAR
from kpr_stream.connectors.run import Job, Progress, connected
from kpr_stream.demo.processes import DemoProcess
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model import topics
from kpr_stream.model.topics import Role
from kpr_stream.model.words import MessageType, ReceiptStatus, System
from kpr_stream.schemas import wire
from kpr_stream.settings import FilesWhenDone, Settings
from tests.end_to_end.answers import row_of
from tests.faults.harness.connector import HITS, KILL_AT, LARGEST
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

_KINDS = {
    topics.CONSULTATION: MessageType.CONSULTATION,
    topics.APPOINTMENT: MessageType.APPOINTMENT,
}


@dataclass(slots=True)
class ConnectorLife:
    """One system's connector on a stack. ``exports`` are the files that there will be."""

    stack: Settings
    system: System
    exports: Path
    folder: Path
    """Inbox and outbox are made here."""
    waiting: dict[str, deque[Path]] = field(default_factory=dict)
    """What is not exported yet, by folder: a file, or a snapshot's whole folder."""

    def __post_init__(self) -> None:
        """Read which files there will be."""
        for series in sorted({path.parent for path in self.exports.rglob("0*")}):
            if not series.name.startswith("0"):
                self.waiting[str(series.relative_to(self.exports))] = deque(
                    sorted(series.glob("0*"))
                )

    @property
    def inbox(self) -> Path:
        """Return the folder that the connector reads."""
        return self.folder / "inbox"

    @property
    def outbox(self) -> Path:
        """Return the outbox's file."""
        return self.folder / "outbox" / f"{self.system}.sqlite3"

    def export(self, *, new_unit: bool) -> None:
        """Let the EPJ write the next file of the first folder, or the first of a new one."""
        begun = [one for one in self.waiting if (self.inbox / one).is_dir() and self.waiting[one]]
        unused = [one for one in self.waiting if not (self.inbox / one).is_dir()]
        if len(self.waiting) == 1:
            new_unit = bool(unused)  # an installation whose units share their files
        if new_unit:
            assert unused, "the plan has too few units"
        self._copy(self.waiting[(unused if new_unit or not begun else begun)[0]].popleft())

    def export_the_rest(self) -> None:
        """Let the EPJ write every file that is left."""
        for files in self.waiting.values():
            while files:
                self._copy(files.popleft())

    def export_again(self) -> None:
        """Put every file that was sent and put away back into the inbox."""
        for done in self.inbox.rglob(".done"):
            for path in done.iterdir():
                path.rename(done.parent / path.name)

    async def die_at(self, place: str, *options: str, largest: int | None = None) -> None:
        """Run the connector until it is killed at a place; AssertionError if it ends before."""
        hits = self.folder / "hit"
        hits.unlink(missing_ok=True)
        given = {KILL_AT: place, HITS: str(hits)}
        exit_code, messages = await self.run(*options, largest=largest, **given)
        assert exit_code == -signal.SIGKILL, (place, exit_code, messages)
        assert hits.read_text("utf-8") == place

    async def run(
        self, *options: str, largest: int | None = None, **environment: str
    ) -> tuple[int, str]:
        """Run the connector as a process until it ends; return exit code and messages."""
        given = self._environment | environment
        if largest is not None:
            given[LARGEST] = str(largest)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.harness.connector", "send", str(self.inbox)),
            *("--system", self.system, *options),
            env=os.environ | given,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(HANGING_S):
                _, messages = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode is not None
        return process.returncode, messages.decode()

    async def recover(self) -> None:
        """Run the connector until all is answered; its unit's sequences are complete then."""
        settings = self.stack.model_copy(
            update={
                "outbox_dir": self.outbox.parent,
                "files_when_done": FilesWhenDone.MOVE,
            }
        )
        job = Job(folder=self.inbox, system=self.system)
        async with connected(job, settings, Progress(), asyncio.Event()) as connector:
            await connector.run()
            assert connector.finished
            assert connector.outbox.unanswered() == (0, 0)
            for row in connector.outbox.unit_rows():
                assert (row["status"], row["unanswered"]) == ("open", 0), row

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "KPR_HOME": str(self.stack.home),
            "KPR_OUTBOX_DIR": str(self.outbox.parent),
            "KPR_FILES_WHEN_DONE": FilesWhenDone.MOVE,
        }

    def _copy(self, path: Path) -> None:
        there = self.inbox / path.relative_to(self.exports)
        there.parent.mkdir(parents=True, exist_ok=True)
        for sidecar in (path.parent / SIDECAR, self.exports / SIDECAR):
            if sidecar.exists():
                shutil.copy(sidecar, self.inbox / sidecar.relative_to(self.exports))
        if path.is_dir():
            shutil.copytree(path, there)
        else:
            shutil.copy(path, there)


@dataclass(slots=True)
class ReceivedData:
    """What the topics hold after all."""

    books: Balance = field(default_factory=Balance)
    sequences: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    """Sequences that were processed, by system and unit, in order."""
    held: dict[MessageType, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {kind: {} for kind in MessageType}
    )
    """The last record of every key."""

    @property
    def holes(self) -> list[tuple[str, str]]:
        """Return the units whose sequence is not 1, 2, 3 … without a hole or a double."""
        return [
            unit
            for unit, found in self.sequences.items()
            if sorted(found) != list(range(1, len(found) + 1))
        ]


async def read_received(settings: Settings) -> ReceivedData:
    """Read receipts and cleaned records."""
    found = ReceivedData()
    async for record in read_all(kafka_access(settings, Role.ADMIN), TOPICS_READ):
        found.books.add(record)
        if record.topic in topics.RECEIPT_TOPICS and record.value:
            receipt = wire.decode("receipt", record.value)
            if receipt["status"] == ReceiptStatus.PROCESSED and receipt["part"] == 1:
                unit = receipt["system"], receipt["org_nr"]
                found.sequences[unit].append(receipt["sequence"])
        elif kind := _KINDS.get(record.topic):
            decoded = wire.decode(kind.value, record.value or b"")
            found.held[kind].update([row_of(kind, decoded)])
    return found


@contextmanager
def working(settings: Settings, folder: Path) -> Iterator[None]:
    """Run a worker for the length of the block."""
    worker = DemoProcess(
        "worker",
        ["worker", "--instance", "w"],
        settings,
        folder / "worker.log",
        # Groups keep their offsets when topics are made again: every run has its own.
        {"KPR_APP_ID": f"kpr-hst-{uuid4()}", "KPR_LEDGER_DIR": str(folder / "ledger")},
    )
    worker.start()
    try:
        yield
    finally:
        worker.stop()
