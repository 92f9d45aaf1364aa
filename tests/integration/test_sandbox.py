"""A sandbox on a real broker: a vendor is answered, faults are played, and SIGTERM ends it."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.keys.keyring import read_public_key
from kpr_stream.model.topics import PARTITIONS, delivery_topic, receipt_topic
from kpr_stream.model.words import System
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from kpr_stream.simulate.identifiers import org_nr
from kpr_stream.trial_receiver import serve
from kpr_stream.trial_receiver.another_sender import deliver_as_another
from kpr_stream.trial_receiver.faults import FaultKind
from kpr_stream.trial_receiver.script import Script
from kpr_stream.trial_receiver.sent import SentRecord
from kpr_stream.trial_receiver.serve import SandboxDisplay, serve_sandbox
from kpr_stream.trial_receiver.stack import empty_topics
from tests.support.poll import eventually

SYSTEM: Final = System.VISMA_HSPRO
UNIT: Final = org_nr(0)


class Vendor:
    """A vendor in a thread of its own, with the page, the files and the login of the sandbox."""

    def __init__(self, settings: Settings) -> None:
        self.access, self.login = kafka_access(settings, SYSTEM), dict[str, Any]()
        self.came: list[SentRecord] = []
        self.error: BaseException | None = None

    def begin(self, login: dict[str, Any], work: Callable[[Vendor], None]) -> None:
        """Work, and end the sandbox with SIGTERM however that ends."""
        self.login = login

        def run() -> None:
            try:
                work(self)
            except BaseException as error:  # noqa: BLE001 - raised again by the test
                self.error = error
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=run, daemon=True).start()

    def shown(self) -> list[dict[str, Any]]:
        """Return the records that the page shows."""
        found: list[dict[str, Any]] = self._ask("GET", "/sent.json")["sent"]
        return found

    def order(self, kind: FaultKind, **members: Any) -> None:
        """Order a fault on the page."""
        body = json.dumps({"fault": kind, **members})
        assert self._ask("POST", "/faults", body) == {"ordered": kind}

    def _ask(self, method: str, path: str, body: str | None = None) -> dict[str, Any]:
        page = http.client.HTTPConnection(urlsplit(self.login["page"]).netloc)
        try:
            page.request(method, path, body, {"Content-Type": "application/json"})
            found: dict[str, Any] = json.load(page.getresponse())
        finally:
            page.close()
        return found

    def send(self, sequence: int) -> dict[str, Any]:
        """Send a delivery, and return how the page shows it."""
        key = read_public_key(Path(self.login["public_keys_file"]))
        asyncio.run(deliver_as_another(self.access, SYSTEM, UNIT, sequence=sequence, key=key))
        return self.seen(sequence)

    def seen(self, sequence: int) -> dict[str, Any]:
        """Return a delivery as the page shows it when its answer was written or kept."""
        eventually(lambda: any(one.sequence == sequence for one in self.came))
        (found,) = (one for one in self.shown() if one["envelope"]["sequence"] == sequence)
        return found

    def receipts(self) -> list[tuple[int, str]]:
        """Return sequence and status of every committed receipt."""

        async def read() -> list[tuple[int, str]]:
            topic = {receipt_topic(SYSTEM): PARTITIONS}
            found = [
                wire.decode("receipt", one.value or b"")
                async for one in read_all(self.access, topic)
            ]
            return [(one["sequence"], one["status"]) for one in found]

        return asyncio.run(read())


def serve_to(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, work: Callable[[Vendor], None]
) -> list[SentRecord]:
    """Serve a sandbox on a stack that runs until the vendor's work is done; return what came."""

    @contextmanager
    def stack(*_: Any, **__: Any) -> Iterator[Settings]:
        empty_topics(settings)
        yield settings

    monkeypatch.setattr(serve, "trial_stack", stack)
    vendor = Vendor(settings)
    display = SandboxDisplay(
        step=lambda _: None, ready=lambda login: vendor.begin(login, work), came=vendor.came.append
    )
    serve_sandbox(settings, SYSTEM, Script([]), display, port=0)
    if vendor.error is not None:
        raise vendor.error
    return vendor.came


def test_a_vendor_is_answered_and_plays_every_fault_of_the_broker(
    stack: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(vendor: Vendor) -> None:
        assert vendor.login["delivery_topic"] == delivery_topic(SYSTEM)
        assert vendor.send(1)["answer"]["status"] == "processed"
        vendor.order(FaultKind.BROKER_AWAY, seconds=0)
        vendor.order(FaultKind.ANOTHER_SENDER, org_nr=UNIT)
        assert vendor.seen(2)["envelope"]["software_version"] == "another-sender"
        vendor.order(FaultKind.HOLD_RECEIPTS)
        assert vendor.send(3)["fate"] == "held back"
        assert [one for one, _ in vendor.receipts()] == [1, 2]
        vendor.order(FaultKind.SEND_HELD_RECEIPTS)
        vendor.order(FaultKind.DOUBLE_RECEIPTS)
        assert vendor.send(4)["fate"] == "sent twice"
        old = read_public_key(Path(vendor.login["public_keys_file"])).key_id
        vendor.order(FaultKind.ROTATE_KEY)
        eventually(lambda: read_public_key(Path(vendor.login["public_keys_file"])).key_id != old)
        assert vendor.send(5)["answer"]["status"] == "processed"
        sequences = (1, 2, 3, 4, 4, 5)
        assert vendor.receipts() == [(one, "processed") for one in sequences]

    came = serve_to(stack, monkeypatch, work)
    assert [one.sequence for one in came] == [1, 2, 3, 4, 5]
    assert [one.ours for one in came] == [False, True, False, False, False]


def test_a_sandbox_begins_with_empty_topics(
    stack: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        came = serve_to(stack, monkeypatch, wait_for_one)
        assert [one.status for one in came] == ["processed"]


def wait_for_one(vendor: Vendor) -> None:
    """Send the first delivery of a unit: a receiver that remembered it would repeat its answer."""
    assert vendor.receipts() == []
    vendor.send(1)
