"""Run the process that owns broker, database and schema registry, and ends them with itself.

``python -m kpr_stream.embedded.supervisor FD HOME``: FD is one end of a socket to `up`. The
supervisor reads the plan from it and writes progress and the result, one JSON object a line. If
the other end closes before everything is ready, `up` was killed, and everything is taken down.
Later the supervisor runs until it gets a signal (SIGTERM), until one of its children ends, or,
if the plan is `tied`, until the other end closes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable
from typing import Any

from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import StackPlan
from kpr_stream.embedded.supervisor.bring_up import Report, StartedParts, bring_up
from kpr_stream.errors import KprError, StackError
from kpr_stream.process.lock import take_lock
from kpr_stream.process.log import PLAIN, begin_log

LINE_LIMIT = 1_000_000
"""A plan names every jar. In a deep cache folder it is longer than asyncio's default of 64 kB."""
LOCK_TRIES, LOCK_PAUSE_S = 20, 0.05
"""`status` holds the lock for an instant only; a running supervisor keeps it."""

log = logging.getLogger("kpr_stream.supervisor")


async def supervise(control: socket.socket) -> int:
    """Run until asked to stop. Returns the exit code: 0, or 1 if something failed."""
    reader, writer = await asyncio.open_unix_connection(sock=control, limit=LINE_LIMIT)
    try:
        return await _supervise(reader, writer)
    finally:
        writer.close()


async def _supervise(reader: StreamReader, writer: StreamWriter) -> int:
    line = (await reader.readline()).decode()
    if not line:  # `up` was killed before it sent the plan
        return 1
    plan = StackPlan.from_json(line)
    begin_log(PLAIN, plan.layout.supervisor_log)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if not await _lock(plan.layout):
        return _failed(writer, _other_up(plan))
    plan.layout.stack.unlink(missing_ok=True)
    parts = StartedParts()
    try:
        return await _run(plan, parts, reader, writer, stop)
    except BaseExceptionGroup as group:
        return _failed(writer, _main_error(group))
    except (KprError, OSError) as error:
        return _failed(writer, error)
    finally:
        plan.layout.stack.unlink(missing_ok=True)
        await parts.take_down(log.info)
        log.info("stopped")


async def _run(
    plan: StackPlan,
    parts: StartedParts,
    reader: StreamReader,
    writer: StreamWriter,
    stop: asyncio.Event,
) -> int:
    """Start the parts, report, and wait for a reason to stop."""
    starting = asyncio.create_task(bring_up(plan, parts, _reporter(writer)))
    stop_requested = asyncio.create_task(stop.wait())
    other_end_closed = asyncio.create_task(reader.read())
    await _first_of(starting, stop_requested, other_end_closed)
    if not starting.done():
        log.warning("asked to stop, or `up` ended, before everything was ready")
        starting.cancel()
        await asyncio.wait({starting})
        return 1
    state = starting.result()
    _send(writer, {"ready": state.start_seconds})
    log.info("ready after %.2f s: %s", state.start_seconds, dict(state.addresses))
    ends = {asyncio.create_task(p.wait()): name for name, p in parts.processes.items()}
    await _first_of(stop_requested, *ends, *((other_end_closed,) if plan.tied else ()))
    for ended, name in ends.items():
        if ended.done():
            log.error("%s ended with code %s; stopping the other parts", name, ended.result())
            return 1
    log.info("asked to stop" if stop.is_set() else "the process that started this stack has ended")
    return 0


async def _first_of(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _lock(layout: Layout) -> bool:
    for _ in range(LOCK_TRIES):
        if take_lock(layout.lock) is not None:
            return True
        await asyncio.sleep(LOCK_PAUSE_S)
    return False


def _other_up(plan: StackPlan) -> StackError:
    return StackError(
        f"Another `up` is starting a stack in {plan.home}.",
        what_to_do="Wait until `kpr-stream status` shows that the stack runs.",
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


def _main_error(group: BaseExceptionGroup[Any]) -> BaseException:
    """Return the KprError among simultaneous errors, else the first error."""
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


async def _main(descriptor: int) -> None:
    code = await supervise(socket.socket(fileno=descriptor))
    logging.shutdown()
    # A thread that still waits for an ended broker must not keep this process alive.
    os._exit(code)


if __name__ == "__main__":
    # Leave the terminal and folder of `up`, so that Ctrl-C or a closed window do not end us.
    os.setsid()
    os.chdir(sys.argv[2])
    asyncio.run(_main(int(sys.argv[1])))
