"""Start and end the supervisor's child processes, which die with it."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kpr_stream.errors import StackError
from kpr_stream.process.child import tied

STOP_GRACE_S = 20.0
"""Time for a broker to save its state or a database to finish a checkpoint. The process is then
killed, or `down` could hang for ever."""
UNPRIVILEGED = "nobody"
"""The user that runs PostgreSQL when we are root, because PostgreSQL refuses root."""


async def spawn(
    command: Sequence[str | Path], *, death_signal: signal.Signals, log: Path, cwd: Path
) -> Process:
    """Start a command that dies with this process. Its output is appended to ``log``."""
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *tied(command, death_signal),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
        )


async def run(command: Sequence[str | Path], *, log: Path, cwd: Path) -> int:
    """Run a command to its end and return its exit code."""
    process = await spawn(command, death_signal=signal.SIGKILL, log=log, cwd=cwd)
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await end(process, signal.SIGKILL)
        raise


async def end(process: Process | None, how: signal.Signals) -> bool:
    """End a process with a signal and wait; kill it after the grace. True if no kill was needed."""
    if process is None or process.returncode is not None:
        return True
    with suppress(ProcessLookupError):
        process.send_signal(how)
    try:
        await asyncio.wait_for(process.wait(), STOP_GRACE_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return False
    return True


def unprivileged_prefix(death_signal: signal.Signals) -> tuple[str, ...]:
    """Return the words to put before a command that refuses root; empty if we are not root.

    The command keeps CAP_DAC_OVERRIDE, the right to pass through root's folders. The stack can
    then lie in root's home folder without opening that folder to everybody.
    """
    if os.geteuid() != 0:
        return ()
    tool = shutil.which("setpriv")
    if tool is None:
        raise StackError(
            "PostgreSQL refuses to run as root, and setpriv, which could run it as "
            f"{UNPRIVILEGED}, is not installed.",
            what_to_do="Run `kpr-stream up` as an ordinary user, or install util-linux.",
        )
    user = pwd.getpwnam(UNPRIVILEGED)
    return (
        tool,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=+dac_override",
        f"--pdeathsig={death_signal.name.removeprefix('SIG')}",
        "--",
    )


def chown_to_unprivileged(folder: Path) -> None:
    """Give the folder to the unprivileged user if we are root."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, user.pw_uid, user.pw_gid)
