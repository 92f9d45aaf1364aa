"""Child processes of the supervisor: started so that they die with it, ended in good order."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kpr_stream.embedded.children import child
from kpr_stream.errors import StackError

STOP_GRACE_S = 20.0
"""A broker that writes its state away or a database with a long checkpoint is given this long;
after it the process is killed, or `down` would hang for ever."""
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses root: as root it is run as this user."""


async def spawn(
    command: Sequence[str | Path], *, death_signal: signal.Signals, log: Path, cwd: Path
) -> Process:
    """Start a command whose output goes to ``log`` and that dies with this process."""
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(Path(child.__file__)),
            str(int(death_signal)),
            str(os.getpid()),
            *map(str, command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
        )


async def run(command: Sequence[str | Path], *, log: Path, cwd: Path) -> int:
    """Run a command to its end; its exit code."""
    process = await spawn(command, death_signal=signal.SIGKILL, log=log, cwd=cwd)
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await end(process, signal.SIGKILL)
        raise


async def end(process: Process | None, how: signal.Signals) -> bool:
    """Ask a process to end and wait; after the grace it is killed. True if it ended by itself."""
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


def unprivileged(death_signal: signal.Signals) -> tuple[str, ...]:
    """What stands before a command that refuses root; nothing where we are not root.

    The command keeps the one right to pass through root's folders (CAP_DAC_OVERRIDE), so that
    the stack works below /root without opening that folder to everybody.
    """
    if os.geteuid() != 0:
        return ()
    tool = shutil.which("setpriv")
    if tool is None:
        raise StackError(
            "PostgreSQL refuses to run as root, and setpriv is not there to run it as "
            f"{UNPRIVILEGED}.",
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


def give_to_unprivileged(folder: Path) -> None:
    """Make the folder the unprivileged user's where we are root."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, user.pw_uid, user.pw_gid)
