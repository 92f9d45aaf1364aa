"""Opening suspects one at a time in a process of their own, bounded in time and memory.

Records at which a worker died twice are not opened in it again. A child opens them; if the child
dies of one, twice, that delivery is refused and the others go on.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import resource
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any, Final, Protocol

from kpr_stream.errors import LaneError
from kpr_stream.model.delivery import Arrived, Prepared, Refused, SourceRecord
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.poison.isolate import Work, isolated, refused

log = logging.getLogger(__name__)

ANSWER_S: Final = 10.0
"""20,000 items take about a second: what takes ten times as long does not end."""
START_S: Final = 30.0
"""Python, Polars and the reference load in two seconds, on a machine that is not busy."""
TRIES: Final = 2
"""A child may be killed for reasons that are not the delivery's: only two deaths refuse it."""
BATCH_S: Final = 20.0
"""After this long what was opened is committed first: the watchdog waits 60 s for a commit."""
MEMORY_BYTES: Final = 4_000_000_000
"""Address space; 16 MB of items need some 300 MB, and thread stacks are counted in full."""

MakeWork = Callable[[], Work]
"""Builds the work of the frame stage; is called in the child, so it must be picklable."""


class Child(Protocol):
    """A process that opens what it is asked to."""

    def ask(self, what: SourceRecord | Arrived) -> Any:  # noqa: ANN401 - what the pipe carries
        """Its answer; EOFError if it died of it or does not end."""
        ...

    def stop(self) -> None: ...


class Sandbox:
    """The child of a worker, started when it is first needed. Lanes take turns."""

    def __init__(self, start: Callable[[], Child]) -> None:
        self._start = start
        self._child: Child | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="open-alone")

    async def arrive(self, records: Sequence[SourceRecord]) -> list[Arrived | Refused]:
        """The envelopes of records from the front: at least one, at most all."""
        return await self._run(records)

    async def prepare(self, deliveries: Sequence[Arrived]) -> list[Prepared | Refused]:
        """The results for deliveries from the front: at least one, at most all."""
        return await self._run(deliveries)

    def close(self) -> None:
        """Stop the child, if there is one; what it is doing is abandoned."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._stop_child()

    async def _run(self, asked: Sequence[Any]) -> list[Any]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask_all, asked)

    def _ask_all(self, asked: Sequence[Any]) -> list[Any]:
        began = monotonic()
        answers: list[Any] = []
        for what in asked:
            if answers and monotonic() - began > BATCH_S:
                break
            answers.append(self._ask(what))
        return answers

    def _ask(self, what: SourceRecord | Arrived) -> Any:  # noqa: ANN401 - as above
        for _ in range(TRIES):
            if self._child is None:
                self._child = self._start()
            try:
                return self._child.ask(what)
            except EOFError:
                self._stop_child()
        told = "it was opened alone, and the process that opened it died or did not end"
        return refused(what, told)

    def _stop_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()


class ChildProcess:
    """A child of this process, ready to be asked."""

    def __init__(self, make_work: MakeWork) -> None:
        """LaneError if it does not start: no delivery is to blame for that."""
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_serve, args=(theirs, make_work), name="open-alone", daemon=True
        )
        self._process.start()
        theirs.close()
        log.warning("suspects are opened alone, in process %s", self._process.pid)
        try:
            self._await(START_S)
        except EOFError:
            self.stop()
            raise LaneError(
                f"The process that opens suspects did not start within {START_S:.0f} s.",
                what_to_do="Look at the machine's memory and load; it is tried again.",
            ) from None

    def ask(self, what: SourceRecord | Arrived) -> Any:  # noqa: ANN401 - as above
        """See Child."""
        try:
            self._pipe.send(what)
        except OSError as cause:
            raise EOFError from cause
        return self._await(ANSWER_S)

    def stop(self) -> None:
        """See Child."""
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._process.close()

    def _await(self, seconds: float) -> Any:  # noqa: ANN401 - as above
        try:
            if self._pipe.poll(seconds):
                return self._pipe.recv()
        except OSError as cause:
            raise EOFError from cause
        raise EOFError


def _serve(pipe: Connection, make_work: MakeWork) -> None:
    """The child: answers until the pipe closes, which it does when the worker ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    # A core file would hold clear deliveries, and a panic's message may quote one.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    work = isolated(make_work())
    pipe.send("ready")
    with suppress(EOFError, OSError):
        while True:
            what = pipe.recv()
            pipe.send(work([what])[0] if isinstance(what, Arrived) else arrive(what))
