"""Run the real connector, and kill it with SIGKILL at one named place.

``python -m tests.faults.harness.connector send FOLDER --system S …``, with the environment
variables below. The places are found by wrapping what the connector calls: the product knows
nothing of them. A transaction that no place names fails the run, so that none is forgotten.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from kpr_stream.cli import main as run_command
from kpr_stream.connectors.exchange import publish
from kpr_stream.connectors.exchange.publish import Publisher
from kpr_stream.connectors.exchange.receipts import ReceiptReader
from kpr_stream.connectors.outbox import outbox, sqlite
from kpr_stream.connectors.outbox.records import Hello
from kpr_stream.connectors.source import put_away
from kpr_stream.settings import FilesWhenDone
from tests.faults.mutations.switches import replace

KILL_AT: Final = "CONNECTOR_KILL_AT"
"""The place where the process ends, once."""
HITS: Final = "CONNECTOR_HITS"
"""A file that gets the name of the place, once it is reached."""
LARGEST: Final = "CONNECTOR_LARGEST_RECORD"
"""Largest record that is sent, in bytes: a small one holds every unit as TOO_LARGE."""

TRANSACTIONS: Final = {
    "open_store": "make or upgrade",
    "send_unanswered_again": "send again",
    "__init__": "open",
    "open_link": "positions",
    "add_unit": "add unit",
    "hellos": "hello",
    "keep": "keep",
    "take_ready": "take",
    "apply_receipts": "receipts",
    "send_ready": "hold",
    "release": "release",
    "rebuild_unit": "rebuild",
}
"""Every change of the outbox by the function that makes it."""
SENDS: Final = ("hello", "delivery")
PLACES: Final = (
    *(f"{when} commit of {name}" for name in TRANSACTIONS.values() for when in ("before", "after")),
    *(f"{when} {what}" for what in SENDS for when in ("before", "handed over", "acknowledged")),
    "receipts read",
    *(f"{when} {what}" for what in ("done", "failed") for when in ("before", "moved")),
    "key written",
    "key in place",
)
"""Every step at which a connector may end, in the order in which they are listed here."""


def reach(place: str) -> None:
    """End this process if it is to end here."""
    assert place in PLACES, place
    if os.environ.get(KILL_AT) == place:
        Path(os.environ[HITS]).write_text(place, "utf-8")
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run ``kpr-stream connect`` with the arguments of the command line."""
    _hook_transactions()
    _hook_sending()
    _hook_receipts()
    _hook_files()
    if LARGEST in os.environ:
        publish.MAX_RECORD_BYTES = int(os.environ[LARGEST])
    sys.argv.insert(1, "connect")
    run_command()


def _hook_transactions() -> None:
    real = sqlite.transaction

    @contextmanager
    def hooked(connection: sqlite3.Connection) -> Iterator[None]:
        name = _transaction_name()
        with real(connection):
            yield
            reach(f"before commit of {name}")
        reach(f"after commit of {name}")

    for module in (sqlite, outbox):
        _set(module, "transaction", hooked)


def _transaction_name() -> str:
    """Return the name of the change that the callers are making."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        here = "/connectors/" in frame.f_code.co_filename
        if here and frame.f_code.co_name in TRANSACTIONS:
            return TRANSACTIONS[frame.f_code.co_name]
        frame = frame.f_back
    raise AssertionError("the outbox is changed by a function that has no place")


def _hook_sending() -> None:
    real_send, real_hellos = Publisher._send, Publisher.send_hellos
    hand_over = AIOKafkaProducer.send
    what = "delivery"

    async def hooked_hellos(publisher: Publisher, hellos: Iterable[Hello]) -> None:
        nonlocal what
        what = "hello"
        try:
            await real_hellos(publisher, hellos)
        finally:
            what = "delivery"

    async def hooked_send(publisher: Publisher, records: Iterable[tuple[str, bytes]]) -> set[str]:
        every = list(records)
        if every:
            reach(f"before {what}")
        refused = await real_send(publisher, every)
        if every:
            reach(f"acknowledged {what}")
        return refused

    async def handed_over(
        producer: AIOKafkaProducer, *given: Any, **more: Any
    ) -> Awaitable[object]:
        sent: Awaitable[object] = await hand_over(producer, *given, **more)
        reach(f"handed over {what}")
        return sent

    replace(Publisher.send_hellos, hooked_hellos)
    replace(Publisher._send, hooked_send)
    _set(AIOKafkaProducer, "send", handed_over)


def _hook_receipts() -> None:
    real = ReceiptReader.next

    async def hooked(reader: ReceiptReader) -> tuple[list[Any], Mapping[int, int]]:
        found = await real(reader)
        if found[0]:
            reach("receipts read")
        return found

    replace(ReceiptReader.next, hooked)


def _hook_files() -> None:
    real_away, real_rename, real_replace = put_away._away, Path.rename, Path.replace
    word = ""

    def away(path: Path, when: FilesWhenDone, to: str, reason: str | None = None) -> Path | None:
        nonlocal word
        word = to
        return real_away(path, when, to, reason)

    def rename(path: Path, target: Path) -> Path:
        reach(f"before {word}")
        found = real_rename(path, target)
        reach(f"moved {word}")
        return found

    def in_place(path: Path, target: Path) -> Path:
        reach("key written")
        found = real_replace(path, target)
        reach("key in place")
        return found

    _set(put_away, "_away", away)
    _set(Path, "rename", rename)
    _set(Path, "replace", in_place)


def _set(owner: object, name: str, new: Callable[..., Any]) -> None:
    assert hasattr(owner, name), name
    setattr(owner, name, new)


if __name__ == "__main__":
    main()
