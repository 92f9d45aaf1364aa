"""Run the connector: read files, send deliveries, apply receipts, until all is answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kpr_stream.connectors.exchange.link import Link, open_link
from kpr_stream.connectors.export.left_out import LeftOut
from kpr_stream.connectors.ingest import Ingest
from kpr_stream.connectors.mapping.local_codes import profile_in
from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.summary import held
from kpr_stream.connectors.watch import HeldUnit, Status, Watch
from kpr_stream.errors import BrokerError, KprError, UsageError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import public_key
from kpr_stream.metrics.metric import Process
from kpr_stream.model.topics import delivery_topic, receipt_topic
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.traces.choose import make_traces

ALL = "all"
"""Every held unit: a stopped release of a vendor's software holds all units of that vendor."""

FOLLOW_EVERY_S = 5.0
"""How often a followed folder is searched for new files."""

RECONNECT_S = 5.0
"""Pause before a connector that follows a folder tries its broker again: no busy loop of logins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a connector has to do.

    ``release`` and ``rebuild`` name held units that resume, or ALL of them: with the same
    deliveries, or with deliveries made again from the files.
    """

    folder: Path
    system: System
    resend: bool = False
    follow: bool = False
    release: tuple[str, ...] = ()
    rebuild: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Called while it runs: files read, deliveries sent, receipts applied, series that stopped,
    and parts of files that are not sent; while a folder is followed, how it goes and held units."""

    on_file: Callable[[], None] = lambda: None
    on_sent: Callable[[int], None] = lambda _: None
    on_answered: Callable[[int], None] = lambda _: None
    on_bad_file: Callable[[KprError], None] = lambda _: None
    on_left_out: Callable[[LeftOut], None] = lambda _: None
    on_status: Callable[[Status], None] = lambda _: None
    on_held: Callable[[HeldUnit], None] = lambda _: None


@dataclass(slots=True, kw_only=True)
class Connector:
    """One run of one system. Setting ``stopping`` ends it at the next safe point."""

    job: Job
    settings: Settings
    outbox: Outbox
    connect: Callable[[], Awaitable[Link]]
    ingest: Ingest
    progress: Progress
    stopping: asyncio.Event
    watch: Watch
    bad_files: list[KprError] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    """Parts of files that are not sent, by their text: a followed folder is read many times."""
    _link: Link | None = None
    _read_through: bool = False
    _asked: set[str] = field(default_factory=set)
    _last_answer: float = field(default_factory=time.monotonic)

    async def open(self) -> Link:
        """Return the connection, made if there is none; BrokerError says why that failed."""
        if self._link is None:
            self._link = await self.connect()
        return self._link

    async def close(self) -> None:
        """Close the connection, if there is one."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def run(self) -> None:
        """Run until all is answered or ``stopping`` is set.

        BrokerError if Kafka cannot be used or receipts do not come. A connector that follows a
        folder reports that and waits.
        """
        reading = asyncio.create_task(self._read())
        try:
            while not self.stopping.is_set():
                if reading.done():
                    _raise_failure(reading)
                    if self.finished:
                        return
                try:
                    await self._exchange()
                except BrokerError as error:
                    if not self.job.follow:
                        raise
                    await self._wait_for_broker(error)
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await reading

    @property
    def finished(self) -> bool:
        """Return whether every file was read and everything that could be sent was answered."""
        return self._read_through and not self._waits() and self.outbox.unanswered()[0] == 0

    def note_left_out(self, one: LeftOut) -> None:
        """Note a part of a file that is not sent, and show it the first time."""
        if one.message not in self.left_out:
            self.left_out[one.message] = one
            self.progress.on_left_out(one)

    async def _read(self) -> None:
        self.ingest.on_left_out = self.note_left_out
        while True:
            found = await self.ingest.all_series()
            for error in found:
                if error.message not in {known.message for known in self.bad_files}:
                    self.progress.on_bad_file(error)
            self.bad_files = found
            self._read_through = True
            if not self.job.follow:
                return
            # A resend is one pass: followed files are sent once.
            self.ingest.resend = False
            await asyncio.sleep(FOLLOW_EVERY_S)

    async def _exchange(self) -> None:
        """Do one round: ask for new units, send what may be sent, apply the receipts that came."""
        link = await self.open()
        self.progress.on_sent(await link.send(self._asked, window=self.settings.unit_window))
        receipts, positions = await link.next()
        if receipts:
            self.progress.on_answered(apply_receipts(self.outbox, receipts, positions))
            async with self.ingest.changed:
                self.ingest.changed.notify_all()
        silence = self._silence(answered=bool(receipts))
        if self.job.follow:
            self.watch.look(self.outbox, trouble=silence, answered=bool(receipts))
        elif silence is not None:
            raise silence

    def _silence(self, *, answered: bool) -> BrokerError | None:
        """Return an error if receipts have been missing for too long."""
        if answered or not self._waits():
            self._last_answer = time.monotonic()
        elif time.monotonic() - self._last_answer > self.settings.answer_timeout_s:
            return self._no_answer()
        return None

    async def _wait_for_broker(self, error: BrokerError) -> None:
        """Drop the connection, and pause before the next one. Files are read meanwhile."""
        with contextlib.suppress(KprError):
            await self.close()
        self.outbox.send_unanswered_again()
        self._asked.clear()
        self.watch.look(self.outbox, trouble=error, answered=False)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), RECONNECT_S)

    def _waits(self) -> bool:
        return self.outbox.waiting_for() is not None or self.outbox.has_new_units()

    def _no_answer(self) -> BrokerError:
        waiting = self.outbox.waiting_for()
        if waiting is None:
            missing = "the answer to hello (which sequence to send next)"
        else:
            missing = f"{waiting[0]} receipts, one of unit {waiting[1]}, sequence {waiting[2]}"
        then = "This connector waits." if self.job.follow else "Then run again."
        return BrokerError(
            f"No receipt came for {self.settings.answer_timeout_s:g} s on "
            f"{receipt_topic(self.job.system)}: missing is {missing}. "
            f"What was sent is safe on {delivery_topic(self.job.system)}.",
            what_to_do="Check that the broker and a worker run (`kpr-stream status`). "
            f"{then} The outbox resumes where it was.",
        )


@contextlib.asynccontextmanager
async def connected(
    job: Job, settings: Settings, progress: Progress, stopping: asyncio.Event
) -> AsyncIterator[Connector]:
    """Yield a connector with its outbox open; close its connection and the outbox after it.

    The broker is reached first, so that a run without one fails before it reads a file. A
    connector that follows a folder waits for its broker instead.
    """
    profile = profile_in(job.system, settings)
    access, key = kafka_access(settings, job.system), public_key(settings)
    traces = make_traces(settings, Process.CONNECTOR)
    outbox = Outbox(outbox_path(settings, job.system), system=job.system)
    try:
        _resume_held(outbox, job)
        connector = Connector(
            job=job,
            settings=settings,
            outbox=outbox,
            connect=partial(open_link, job.system, access, key, outbox, traces),
            ingest=Ingest(
                folder=job.folder,
                profile=profile,
                outbox=outbox,
                key=key,
                settings=settings,
                changed=asyncio.Condition(),
                on_file=progress.on_file,
                resend=job.resend,
            ),
            progress=progress,
            stopping=stopping,
            watch=Watch(progress.on_status, progress.on_held),
        )
        try:
            if not job.follow:
                await connector.open()
            yield connector
        finally:
            await connector.close()
            traces.close()
    finally:
        outbox.close()


def _resume_held(outbox: Outbox, job: Job) -> None:
    for org_nrs, resume in ((job.release, outbox.release), (job.rebuild, outbox.rebuild_unit)):
        every = [row["org_nr"] for row in held(outbox.unit_rows())]
        for org_nr in every if ALL in org_nrs else org_nrs:
            if not resume(org_nr):
                raise UsageError(
                    f"No unit {named(org_nr)} is held in this outbox.",
                    what_to_do="Run without the option: the held units are listed at the end.",
                )


def named(org_nr: str) -> str:
    """Return an org number for a message; another text is not quoted: it might be a person's id."""
    number = len(org_nr) == 9 and org_nr.isascii() and org_nr.isdigit()
    return org_nr if number else "of that name"


def outbox_path(settings: Settings, system: System) -> Path:
    """Return the path of a system's outbox."""
    return (settings.outbox_dir or settings.home / "outbox") / f"{system}.sqlite3"


def _raise_failure(reading: asyncio.Task[None]) -> None:
    """Raise the first error of reading, out of the group that its tasks failed in."""
    failure = reading.exception()
    while isinstance(failure, BaseExceptionGroup):
        ours = (one for one in failure.exceptions if isinstance(one, KprError))
        failure = next(ours, None) or failure.exceptions[0]
    if failure is not None:
        raise failure
