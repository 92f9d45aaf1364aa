"""The sender under test: a process of its own with a folder of orders and one for its outbox.

Without a command the sender is started by hand. Then it is never killed, and the cases that need
that are not run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kpr_stream.embedded.files import READABLE, make_folder, write_json
from kpr_stream.errors import UsageError
from kpr_stream.model.words import System
from kpr_stream.process.child import tied
from kpr_stream.trial_receiver.vendor_files import VendorFolder

STOP_S: Final = 15.0
"""A sender that has not ended this long after SIGTERM is killed, which must lose nothing."""
MOST_LOG_BYTES: Final = 50_000_000
"""How much of the sender's output is searched for ids. More is cut, so that no log fills memory."""


@dataclass(slots=True)
class SenderUnderTest:
    """One sender, its folders, and what it is given in its environment."""

    system: System
    folder: Path
    vendor: VendorFolder
    command: Sequence[str]
    resend_after_s: float
    _orders: list[dict[str, Any]] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        """Begin with empty folders: an earlier run's outbox would not fit this run's topics."""
        for path in (self.outbox, self.orders_folder):
            shutil.rmtree(path, ignore_errors=True)
            make_folder(path)
        self.log.unlink(missing_ok=True)

    @property
    def outbox(self) -> Path:
        """Return the folder that the sender keeps its outbox in."""
        return self.folder / "outbox"

    @property
    def orders_folder(self) -> Path:
        """Return the folder of orders."""
        return self.folder / "orders"

    @property
    def log(self) -> Path:
        """Return the file that has what the sender printed."""
        return self.folder / "sender.log"

    @property
    def is_ours(self) -> bool:
        """Return whether the sender's process is started and killed here."""
        return bool(self.command)

    def environment(self, login: Mapping[str, Any]) -> dict[str, str]:
        """Return what the sender is given beside its usual environment."""
        return {
            "SENDER_SYSTEM": self.system.value,
            "SENDER_BOOTSTRAP": str(login["bootstrap"]),
            "SENDER_SECURITY_PROTOCOL": str(login["security_protocol"]),
            "SENDER_SASL_MECHANISM": str(login["sasl_mechanism"]),
            "SENDER_USERNAME": str(login["username"]),
            "SENDER_PASSWORD_FILE": str(login["password_file"]),
            "SENDER_PUBLIC_KEYS_FILE": str(login["public_keys_file"]),
            "SENDER_ORDERS": str(self.orders_folder),
            "SENDER_OUTBOX": str(self.outbox),
            "SENDER_RESEND_AFTER_S": f"{self.resend_after_s:g}",
        }

    def order(self, order: dict[str, Any]) -> None:
        """Write an order into the folder, whole or not at all."""
        self._orders.append(order)
        name = f"{len(self._orders):06}.json"
        write_json(self.orders_folder / name, order, READABLE)

    @property
    def orders(self) -> list[dict[str, Any]]:
        """Return every order so far."""
        return list(self._orders)

    def start(self) -> None:
        """Start the process unless it runs; UsageError if its program cannot be started."""
        if not self.is_ours or self._runs():
            return
        self.kill()  # what a sender that ended by itself has left behind
        environment = {name: value for name, value in os.environ.items() if name[:4] != "KPR_"}
        program = shutil.which(self.command[0])
        if program is None:
            raise UsageError(
                f"The sender cannot be started: {self.command[0]} is no program.",
                what_to_do="Name its program and arguments after --.",
            )
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command that the caller named
                # Tied: it must not outlive a run that is killed.
                tied((program, *self.command[1:]), signal.SIGKILL),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment | self.environment(self.vendor.login()),
                start_new_session=True,
            )

    def ended(self) -> str | None:
        """Return how the process has ended by itself; None if it runs, or if it was ended here."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return None
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process and its children, as a loss of power would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End the process with SIGTERM, or SIGKILL if it does not end."""
        self._signal(signal.SIGTERM)

    def lose_outbox(self) -> None:
        """Remove the outbox, and the orders that it has carried out."""
        for path in (self.outbox, self.orders_folder):
            shutil.rmtree(path)
            make_folder(path)

    def printed(self) -> bytes:
        """Return what the sender printed."""
        try:
            with self.log.open("rb") as log:
                return log.read(MOST_LOG_BYTES)
        except FileNotFoundError:
            return b""

    def _signal(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        group = process.pid
        try:
            _signal_group(group, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
        finally:  # a second Ctrl-C may interrupt the wait
            _signal_group(group, signal.SIGKILL)
            process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return  # all of its processes have ended


def read_environment(sender: SenderUnderTest) -> str:
    """Return the environment as lines that a shell reads, for a sender that is started by hand."""
    return "\n".join(
        f"export {name}={json.dumps(value)}"
        for name, value in sender.environment(sender.vendor.login()).items()
    )
