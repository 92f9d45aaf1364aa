"""The process that owns broker, database and schema endpoint: nothing of the stack outlives it.

``python -m kpr_stream.embedded.supervisor FD HOME``: FD is one end of a socket to ``up``. Over it
come the plan, and go progress and the result, one JSON object a line. If the other end closes
before everything is ready, `up` was killed: all is taken down again. After that the supervisor
lives until it is told to stop (SIGTERM), until one of its children ends by itself, or, where the
plan says `tied`, until the other end closes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable
from typing import Any

from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import StackPlan
from kpr_stream.embedded.state import take_lock
from kpr_stream.embedded.supervisor.bring_up import Report, Running, bring_up
from kpr_stream.errors import KprError, StackError

LINE_LIMIT = 1_000_000
"""A plan names every jar: longer than asyncio's 64 kB for a line where the cache lies deep."""
LOCK_TRIES, LOCK_PAUSE_S = 20, 0.05
"""Somebody who only looks holds the lock for an instant; a living supervisor keeps it."""

log = logging.getLogger("kpr_stream.supervisor")


async def supervise(control: socket.socket) -> int:
    """Run until told to stop; 0 if that was so, 1 if something failed."""
    reader, writer = await asyncio.open_unix_connection(sock=control, limit=LINE_LIMIT)
    told = (await reader.readline()).decode()
    if not told:  # `up` was killed before it could say what it wants
        return 1
    plan = StackPlan.from_json(told)
    _log_to(plan.layout)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if not await _lock(plan.layout):
        return _failed(writer, _taken(plan))
    plan.layout.stack.unlink(missing_ok=True)
    running = Running()
    try:
        return await _live(plan, running, reader, writer, stop)
    except BaseExceptionGroup as group:
        return _failed(writer, _first(group))
    except (KprError, OSError) as error:
        return _failed(writer, error)
    finally:
        plan.layout.stack.unlink(missing_ok=True)
        await running.take_down(log.info)
        log.info("stopped")


async def _live(
    plan: StackPlan,
    running: Running,
    reader: StreamReader,
    writer: StreamWriter,
    stop: asyncio.Event,
) -> int:
    """Start, tell, and stay until there is a reason to go."""
    starting = asyncio.create_task(bring_up(plan, running, _reporter(writer)))
    told_to_stop = asyncio.create_task(stop.wait())
    other_end_closed = asyncio.create_task(reader.read())
    await _first_of(starting, told_to_stop, other_end_closed)
    if not starting.done():
        log.warning("told to stop, or `up` was ended, before everything was ready")
        starting.cancel()
        await asyncio.wait({starting})
        return 1
    state = starting.result()
    _send(writer, {"ready": state.start_seconds})
    log.info("ready after %.2f s: %s", state.start_seconds, dict(state.addresses))
    ends = {asyncio.create_task(p.wait()): name for name, p in running.processes.items()}
    await _first_of(told_to_stop, *ends, *((other_end_closed,) if plan.tied else ()))
    for ended, name in ends.items():
        if ended.done():
            log.error("%s ended by itself with code %s; the rest is stopped", name, ended.result())
            return 1
    log.info("told to stop" if stop.is_set() else "whoever asked for this stack is gone")
    return 0


async def _first_of(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _lock(layout: Layout) -> bool:
    for _ in range(LOCK_TRIES):
        if take_lock(layout.lock) is not None:
            return True
        await asyncio.sleep(LOCK_PAUSE_S)
    return False


def _taken(plan: StackPlan) -> StackError:
    return StackError(
        f"Another `up` is starting a stack in {plan.home}.",
        what_to_do="Wait for it: `kpr-stream status` tells when it runs.",
    )


def _reporter(writer: StreamWriter) -> Report:
    def report(text: str) -> None:
        log.info(text)
        _send(writer, {"progress": text})

    return report


def _failed(writer: StreamWriter, error: BaseException) -> int:
    what_to_do = getattr(error, "what_to_do", "See the supervisor's log.")
    message = getattr(error, "message", f"{type(error).__name__}: {error}")
    log.error("%s %s", message, what_to_do)
    _send(
        writer,
        {"failed": {"kind": type(error).__name__, "message": message, "what_to_do": what_to_do}},
    )
    return 1


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    """The error of ours among those that happened at the same time, else any."""
    leaves = list(_leaves(group))
    return next((leaf for leaf in leaves if isinstance(leaf, KprError)), leaves[0])


def _leaves(group: BaseExceptionGroup[Any]) -> Iterable[BaseException]:
    for inner in group.exceptions:
        if isinstance(inner, BaseExceptionGroup):
            yield from _leaves(inner)
        else:
            yield inner


def _send(writer: StreamWriter, value: dict[str, Any]) -> None:
    if not writer.is_closing():
        writer.write(json.dumps(value).encode() + b"\n")


def _log_to(layout: Layout) -> None:
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        filename=layout.supervisor_log,
        level=logging.INFO,
        format="%(asctime)sZ %(levelname)s %(message)s",
    )


async def _main(descriptor: int) -> None:
    code = await supervise(socket.socket(fileno=descriptor))
    logging.shutdown()
    # A thread that still waits for an answer of a broker that is gone must not keep this process.
    os._exit(code)


if __name__ == "__main__":
    # Away from the terminal and the folder of `up`: neither Ctrl-C nor a closed window ends it.
    os.setsid()
    os.chdir(sys.argv[2])
    asyncio.run(_main(int(sys.argv[1])))
