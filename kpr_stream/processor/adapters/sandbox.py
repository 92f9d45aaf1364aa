"""The sandbox: processes suspects in a child process, bounded in time and memory.

Records at which a worker died twice are not processed in a worker again. A child reads and prepares
them one at a time. If the child dies of a record twice, that delivery is refused.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol, overload

from kpr_stream.errors import LaneError
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.poison.isolate import Work, isolated, refused

log = logging.getLogger(__name__)

ANSWER_S: Final = 10.0
"""20,000 items take about a second: work that takes ten times as long does not end."""
START_S: Final = 30.0
"""Python, Polars and the reference data load in two seconds, on a machine that is not busy."""
TRIES: Final = 2
"""A child may be killed for reasons other than the delivery: only two deaths refuse it."""
MEMORY_BYTES: Final = 4_000_000_000
"""Address space; 16 MB of items need some 300 MB, and thread stacks are counted in full."""

MakeWork = Callable[[], Work]
"""Builds the work of the frame stage. Called in the child, so it must be picklable."""


class SandboxProcess(Protocol):
    """A process that reads and prepares deliveries."""

    def run(self, what: SourceRecord | Arrived) -> Any:  # noqa: ANN401 - what the pipe carries
        """The result for a record or a delivery; EOFError if the child dies of it or hangs."""
        ...

    def stop(self) -> None: ...


class Sandbox:
    """The child of a worker, started at first need. Lanes take turns."""

    def __init__(self, start: Callable[[], SandboxProcess]) -> None:
        self._start = start
        self._child: SandboxProcess | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox")

    @overload
    async def run(self, what: SourceRecord) -> Arrived | DeliveryRefused: ...
    @overload
    async def run(self, what: Arrived) -> Prepared | DeliveryRefused: ...
    async def run(self, what: SourceRecord | Arrived) -> Any:
        """Read a record's envelope, or prepare a delivery; refuse it if the child dies of it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, what)

    def close(self) -> None:
        """Stop the child, if there is one, and abandon its work."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._stop_child()

    def _run(self, what: SourceRecord | Arrived) -> Any:  # noqa: ANN401 - as above
        for _ in range(TRIES):
            if self._child is None:
                self._child = self._start()
            try:
                return self._child.run(what)
            except EOFError:
                self._stop_child()
        return refused(what, "the sandbox that processed it died or did not answer")

    def _stop_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()


class ChildProcess:
    """A child of this process, ready to work."""

    def __init__(self, make_work: MakeWork) -> None:
        """LaneError if the child does not start: no delivery is to blame for that."""
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_serve, args=(theirs, make_work), name="sandbox", daemon=True
        )
        self._process.start()
        theirs.close()
        log.warning("suspects are processed in a sandbox, process %s", self._process.pid)
        try:
            self._await(START_S)
        except EOFError:
            self.stop()
            raise LaneError(
                f"The sandbox for suspect records did not start within {START_S:.0f} s.",
                what_to_do="Check the machine's memory and load; the start is tried again.",
            ) from None

    def run(self, what: SourceRecord | Arrived) -> Any:  # noqa: ANN401 - as above
        """See SandboxProcess."""
        try:
            self._pipe.send(what)
        except OSError as cause:
            raise EOFError from cause
        return self._await(ANSWER_S)

    def stop(self) -> None:
        """See SandboxProcess."""
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
    """Answer in the child until the pipe closes, which it does when the worker ends."""
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
