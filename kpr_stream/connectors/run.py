"""Run the connector: read files, send deliveries, apply receipts, until all is answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from kpr_stream.connectors.backfill.history import Backfill
from kpr_stream.connectors.backfill.months import HistoryMonths, LiveDocuments
from kpr_stream.connectors.backfill.progress import BackfillState
from kpr_stream.connectors.exchange.link import Link, open_link
from kpr_stream.connectors.export.left_out import LeftOut
from kpr_stream.connectors.gap_watch import GapWatch
from kpr_stream.connectors.ingest import Ingest
from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.secret import fingerprint_key
from kpr_stream.connectors.source.choose import source_in
from kpr_stream.connectors.source.interface import Source
from kpr_stream.connectors.summary import held
from kpr_stream.connectors.tidy import Tidy
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

BACKFILL_EVERY_S = 10.0
"""Between two reports of a backfill: a longer silence in a pipe looks like one that hangs."""
MONTH_EVERY_S = 1.0
"""Between two reports of new months: small months must not fill a log."""

RECONNECT_S = 5.0
"""Pause before a connector that follows a folder tries its broker again: no busy loop of logins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a connector has to do.

    ``release`` and ``rebuild`` name held units that resume, or ALL of them: with the same
    deliveries, or with deliveries made again from the files.
    """

    folder: Path | None
    """None: a source in the same process gives the items."""
    system: System
    resend: bool = False
    follow: bool = False
    release: tuple[str, ...] = ()
    rebuild: tuple[str, ...] = ()
    history: HistoryMonths | None = None
    """The months that are sent behind everything else, oldest first; None: no backfill."""
    most_items_per_s: float | None = None
    """The most that is read of the history per second, on average."""

    @property
    def patient(self) -> bool:
        """Return whether the connector waits for a broker or a worker that is away."""
        return self.follow or self.history is not None


@dataclass(frozen=True, slots=True)
class Progress:
    """Called while it runs: files read, deliveries sent, receipts applied, series that stopped,
    and parts of files that are not sent; while a folder is followed, how it goes and held units;
    of a backfill, how far it is."""

    on_file: Callable[[], None] = lambda: None
    on_sent: Callable[[int], None] = lambda _: None
    on_answered: Callable[[int], None] = lambda _: None
    on_bad_file: Callable[[KprError], None] = lambda _: None
    on_left_out: Callable[[LeftOut], None] = lambda _: None
    on_status: Callable[[Status], None] = lambda _: None
    on_held: Callable[[HeldUnit], None] = lambda _: None
    on_backfill: Callable[[BackfillState], None] = lambda _: None
    on_gap: Callable[[str], None] = lambda _: None
    """Called with each gap between the files, once."""


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
    gaps: GapWatch
    backfill: Backfill | None = None
    bad_files: list[KprError] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    """Parts of files that are not sent, by their text: a followed folder is read many times."""
    trouble: BrokerError | None = None
    """Why nothing is sent or answered now, while a folder is followed."""
    _link: Link | None = None
    _read_through: bool = False
    _asked: set[str] = field(default_factory=set)
    _last_answer: float = field(default_factory=time.monotonic)
    _of_history: list[KprError] = field(default_factory=list)
    _shown: tuple[float, date | None] = (0.0, None)
    """When a backfill was last reported, and its month then."""

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
        folder, or sends history, reports that and waits.
        """
        reading = asyncio.create_task(self._read_all())
        try:
            while not self.stopping.is_set():
                if reading.done():
                    _raise_failure(reading)
                    if self.finished:
                        return
                try:
                    await self._exchange()
                except BrokerError as error:
                    if not self.job.patient:
                        raise
                    await self._wait_for_broker(error)
                self._report_backfill()
        finally:
            self._report_backfill(last=True)
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await reading
            self.ingest.tidy.sweep(self.outbox)

    @property
    def finished(self) -> bool:
        """Return whether every file was read and everything that could be sent was answered."""
        return self._read_through and not self._waits() and self.outbox.unanswered()[0] == 0

    def note_left_out(self, one: LeftOut) -> None:
        """Note a part of a file that is not sent, and show it the first time."""
        if one.message not in self.left_out:
            self.left_out[one.message] = one
            self.progress.on_left_out(one)

    async def _read_all(self) -> None:
        """Read the folder, and the history beside it."""
        async with asyncio.TaskGroup() as group:
            history = None
            if self.backfill is not None:
                history = group.create_task(self._read_history(self.backfill))
            await self._read(history)

    async def _read(self, history: asyncio.Task[None] | None) -> None:
        self.ingest.on_left_out = self.note_left_out
        while True:
            last_pass = history is None or history.done()
            found = await self.ingest.all_series()
            self._show_new(found)
            self.bad_files = [*self._of_history, *found]
            self.ingest.tidy.sweep(self.outbox)
            if self.backfill is None or self.backfill.read_through:
                await self.gaps.look(self.outbox, following=self.job.follow)
            if last_pass:
                self._read_through = True
                if not self.job.follow:
                    return
            # A resend is one pass: followed files are sent once.
            self.ingest.resend = False
            if history is None or history.done():
                await asyncio.sleep(FOLLOW_EVERY_S if last_pass else 0)
            else:
                await asyncio.wait({history}, timeout=FOLLOW_EVERY_S)

    async def _read_history(self, backfill: Backfill) -> None:
        backfill.ingest.on_left_out = self.note_left_out
        self._of_history = await backfill.read()
        self._show_new(self._of_history)

    def _show_new(self, found: list[KprError]) -> None:
        known = {one.message for one in self.bad_files}
        for error in found:
            if error.message not in known:
                self.progress.on_bad_file(error)

    def _report_backfill(self, *, last: bool = False) -> None:
        """Report how far a backfill is: now and then, for a new month, and at its end."""
        if self.backfill is None:
            return
        state = self.backfill.state()
        since = time.monotonic() - self._shown[0]
        new_month = state.month != self._shown[1] and since > MONTH_EVERY_S
        if last or new_month or since > BACKFILL_EVERY_S:
            self._shown = time.monotonic(), state.month
            self.progress.on_backfill(state)

    async def _exchange(self) -> None:
        """Do one round: ask for new units, send what may be sent, apply the receipts that came."""
        link = await self.open()
        self.progress.on_sent(await link.send(self._asked, window=self.settings.unit_window))
        receipts, positions = await link.next()
        if receipts:
            self.progress.on_answered(apply_receipts(self.outbox, receipts, positions))
            async with self.ingest.changed:
                self.ingest.changed.notify_all()
        self.trouble = silence = self._silence(answered=bool(receipts))
        if self.job.patient:
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
        self.trouble = error
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
        then = "This connector waits." if self.job.patient else "Then run again."
        return BrokerError(
            f"No receipt came for {self.settings.answer_timeout_s:g} s on "
            f"{receipt_topic(self.job.system)}: missing is {missing}. "
            f"What was sent is safe on {delivery_topic(self.job.system)}.",
            what_to_do="Check that the broker and a worker run (`kpr-stream status`). "
            f"{then} The outbox resumes where it was.",
        )


@contextlib.asynccontextmanager
async def connected(
    job: Job,
    settings: Settings,
    progress: Progress,
    stopping: asyncio.Event,
    *,
    source: Source | None = None,
) -> AsyncIterator[Connector]:
    """Yield a connector with its outbox open; close its connection and the outbox after it.

    ``source`` gives the items in place of the job's folder. The broker is reached first, so that a
    run without one fails before it reads a file. A connector that follows a folder waits for its
    broker instead.
    """
    if source is None:
        if job.folder is None:
            raise UsageError(
                "The job has neither a folder nor a source.", what_to_do="Give one of them."
            )
        key_file = outbox_path(settings, job.system).with_suffix(".key")
        source = source_in(job.folder, job.system, settings, lambda: fingerprint_key(key_file))
    access, key = kafka_access(settings, job.system), public_key(settings)
    traces = make_traces(settings, Process.CONNECTOR)
    outbox = Outbox(
        outbox_path(settings, job.system), system=job.system, max_bytes=settings.outbox_max_bytes
    )
    try:
        _resume_held(outbox, job)
        ingest = Ingest(
            source=source,
            system=job.system,
            outbox=outbox,
            key=key,
            settings=settings,
            changed=asyncio.Condition(),
            on_file=progress.on_file,
            resend=job.resend,
            tidy=Tidy(settings.files_when_done),
        )
        ingest, backfill = _with_history(ingest, job)
        connector = Connector(
            job=job,
            settings=settings,
            outbox=outbox,
            connect=partial(open_link, job.system, access, key, outbox, traces),
            ingest=ingest,
            progress=progress,
            stopping=stopping,
            watch=Watch(progress.on_status, progress.on_held),
            gaps=GapWatch(progress.on_gap),
            backfill=backfill,
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


def _with_history(ingest: Ingest, job: Job) -> tuple[Ingest, Backfill | None]:
    """Return the reader of live documents, and the backfill of the history if there is one."""
    if job.history is None:
        return ingest, None
    history = job.history
    live = replace(ingest, source=LiveDocuments(ingest.source, history))
    # History and live days are two rows of periods: the time between them is not quiet.
    live.quiet.counts = lambda file: not history.holds(file.period_from)
    ingest.quiet.counts = lambda file: history.holds(file.period_from)
    backfill = Backfill(
        history=history,
        ingest=ingest,
        outbox=ingest.outbox,
        most_items_per_s=job.most_items_per_s,
        live_reads=lambda: live.reading > 0,
    )
    return live, backfill


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
