"""The sandbox: processes suspects in a child process, bounded in time and memory.

Records at which a worker died twice are not processed in a worker again. A child reads and prepares
them one at a time. If the child dies of a record twice, that delivery is refused.
"""

from __future__ import annotations

import asyncio
import logging
import math
import multiprocessing
import os
import resource
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any, Final, Protocol, overload

from kpr_stream.errors import LaneError
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.poison.isolate import Work, isolated, refused

log = logging.getLogger(__name__)

ANSWER_S: Final = 10.0
"""CPU time of the child: 20,000 items take about a second, so work that takes ten times as long
does not end. On a busy machine the same work takes much longer by the clock, and no delivery may be
refused for that."""
ANSWER_MOST_S: Final = 30.0
"""By the clock: a child that waits for something that never comes uses no CPU time."""
START_S: Final = 30.0
"""CPU time of the child: Python, Polars and the reference data load in two seconds."""
START_MOST_S: Final = 300.0
"""By the clock. With 30 s, a lane with suspects on a very busy machine never got a child: each
start was killed before it was done, and the next one began again."""
LOOK_S: Final = 0.5
"""How often the limits are checked; an answer ends the wait at once."""
TRIES: Final = 2
"""A child may be killed for reasons other than the delivery: only two crashes refuse it."""
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
        self._waiting: Counter[int] = Counter()
        self._left: dict[int, float] = {}
        self.crash_count = 0
        """How often a child has died or did not answer."""

    def progressed(self, lane: int) -> float:
        """When a lane last got a result from here (perf_counter): now, while it waits for one.

        A wait here is no standstill of the lane: every step has its own limits, and lanes take
        turns. The watchdog would end the worker before a slow child has started.
        """
        return perf_counter() if self._waiting[lane] else self._left.get(lane, -math.inf)

    @overload
    async def run(self, what: SourceRecord) -> Arrived | DeliveryRefused: ...
    @overload
    async def run(self, what: Arrived) -> Prepared | DeliveryRefused: ...
    async def run(self, what: SourceRecord | Arrived) -> Any:
        """Read a record's envelope, or prepare a delivery; refuse it if the child dies of it."""
        lane = (what if isinstance(what, SourceRecord) else what.source).partition
        self._waiting[lane] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, what)
        finally:
            self._waiting[lane] -= 1
            self._left[lane] = perf_counter()

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
                self.crash_count += 1
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
            self._await(START_S, START_MOST_S)
        except EOFError:
            self.stop()
            raise LaneError(
                "The sandbox for suspect records did not start: it ended, or took more than "
                f"{START_S:.0f} s of CPU time or {START_MOST_S:.0f} s.",
                what_to_do="Check the machine's memory and load; the start is tried again.",
            ) from None

    def run(self, what: SourceRecord | Arrived) -> Any:  # noqa: ANN401 - as above
        """See SandboxProcess."""
        try:
            self._pipe.send(what)
        except OSError as cause:
            raise EOFError from cause
        return self._await(ANSWER_S, ANSWER_MOST_S)

    def stop(self) -> None:
        """See SandboxProcess."""
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._process.close()

    def _await(self, cpu_s: float, most_s: float) -> Any:  # noqa: ANN401 - as above
        began, cpu_began = perf_counter(), self._cpu_seconds()
        try:
            while not self._pipe.poll(min(LOOK_S, cpu_s)):
                passed = perf_counter() - began
                if passed > most_s or self._cpu_seconds() - cpu_began > cpu_s:
                    raise EOFError
            return self._pipe.recv()
        except OSError as cause:
            raise EOFError from cause

    def _cpu_seconds(self) -> float:
        """Return the CPU time of the child; where the system does not say, the clock."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8")
        except OSError:
            return perf_counter()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


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
