"""Start the worker processes of a machine, restart one that ends, and end all of them together."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

from kpr_stream.process.child import tied
from kpr_stream.process.log import NAMED, begin_log
from kpr_stream.processor.machine.plan import WorkerProcess, shared_name, worker_processes
from kpr_stream.processor.machine.restart import GiveUp, after_end
from kpr_stream.processor.worker.name import take_name_of_many
from kpr_stream.settings import Settings

log = logging.getLogger(__name__)

END_S: Final = 20.0
"""How long workers may take to end after SIGTERM. A worker limits itself to 12 s; service managers
kill everything after 30 s or more."""

Pause = Callable[[float], Awaitable[None]]


def run_processes(settings: Settings, count: int, *, as_json: bool = False) -> int:
    """Run ``count`` workers until SIGTERM or SIGINT. Returns the exit code.

    0 after a signal; the last code of a worker that ends again and again. UsageError for a number
    that does not divide the lanes, NameTakenError if workers of this name run here already.
    """
    workers = worker_processes(settings, count, host=socket.gethostname(), as_json=as_json)
    name = shared_name(settings)
    begin_log(NAMED, process=name, form=settings.log_format)
    take_name_of_many(settings, name)
    log.info("%d worker processes: %s", count, ", ".join(worker.name for worker in workers))
    return asyncio.run(keep_running(workers))


async def keep_running(
    workers: Sequence[WorkerProcess], *, pause: Pause = asyncio.sleep, end_s: float = END_S
) -> int:
    """Keep every worker running until a signal, or until one of them cannot be kept running.

    Ends all of them in order and returns the exit code. Workers also end in order (SIGTERM) if this
    process is killed.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running: dict[str, Process] = {}
    keepers = [asyncio.create_task(_keep(worker, running, pause)) for worker in workers]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((stopping, *keepers), return_when=asyncio.FIRST_COMPLETED)
        # After a signal the keepers have nothing to give; their restarts must not begin.
        return next((keeper.result() for keeper in keepers if keeper.done()), 0)
    finally:
        for task in (stopping, *keepers):
            task.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await asyncio.gather(*(_end(*one, end_s) for one in running.items()))


async def _keep(worker: WorkerProcess, running: dict[str, Process], pause: Pause) -> int:
    """Start a worker whenever it has ended. Returns the exit code once it gives up."""
    early_ends = 0
    while True:
        began = monotonic()
        process = running[worker.name] = await _start(worker)
        exit_code = await process.wait()
        del running[worker.name]
        found = after_end(exit_code, monotonic() - began, early_ends)
        if isinstance(found, GiveUp):
            log.error(
                "%s ended %s and is not started again: %s. All workers of this machine end; "
                "the reason is in the lines of %s.",
                *(worker.name, _how(exit_code), found.reason, worker.name),
            )
            return found.exit_code
        log.warning(
            "%s ended %s; it is started again in %.1f s.",
            *(worker.name, _how(exit_code), found.pause_s),
        )
        early_ends = found.early_ends
        await pause(found.pause_s)


async def _start(worker: WorkerProcess) -> Process:
    return await asyncio.create_subprocess_exec(
        *tied(worker.command, signal.SIGTERM), stdin=DEVNULL, env=_environment(worker)
    )


def _environment(worker: WorkerProcess) -> Mapping[str, str]:
    return {**os.environ, **dict(worker.variables)}


async def _end(name: str, process: Process, end_s: float) -> None:
    """End a worker in order; kill one that does not end in time. The next owner recovers it."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), end_s)
        except TimeoutError:
            log.warning("%s has not ended within %.0f s and is killed.", name, end_s)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    log.info("%s ended %s", name, _how(process.returncode or 0))


def _how(exit_code: int) -> str:
    """Return how a process ended, in words: by a signal, or with an exit code."""
    if exit_code >= 0:
        return f"with exit code {exit_code}"
    try:
        return f"by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"by signal {-exit_code}"
