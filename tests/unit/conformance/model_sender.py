"""A sender in memory that does what the contract asks, or has one bad habit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from kpr_stream.conformance.orders import DELIVER, MUNICIPALITY, RESUME
from kpr_stream.conformance.sender import SenderUnderTest
from kpr_stream.connectors.delivery import seal
from kpr_stream.connectors.delivery.pack import Packed
from kpr_stream.connectors.outbox import protocol
from kpr_stream.connectors.outbox.protocol import (
    DeliveryView,
    ReceiptView,
    UnitStatus,
    UnitView,
)
from kpr_stream.keys.keyring import PublicKey, read_public_key
from kpr_stream.model.partition import partition_of
from kpr_stream.model.sender_states import UNIT_WINDOW
from kpr_stream.model.words import Cause, MessageType, ReceiptStatus
from tests.support.deliveries import container
from tests.unit.conformance.memory_broker import NOW, MemoryBroker

ROUND_S: Final = 0.1
HELLO: Final = {
    "message_type": str(MessageType.HELLO),
    "municipality_code": MUNICIPALITY,
    "period_from": NOW.date().isoformat(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a sender works. The defaults are right; each change is a fault that vendors make."""

    window: int = UNIT_WINDOW
    says_hello: bool = True
    resends: bool = True
    goes_back: bool = True
    keeps_outbox: bool = True
    """Whether the outbox is on disk: it survives a kill."""
    keeps_ids: bool = True
    """Whether a delivery that is sent again has the id of the first time."""
    counts_attempts: bool = True
    counts_parts: bool = True
    holds_units: bool = True
    """Whether a refused unit is sent no more until it is resumed."""
    holds_all: bool = False
    """Whether a held unit holds up every other."""
    reads_key_early: bool = True
    encrypts_again: bool = True
    waits_for_broker: bool = True
    """Whether what is ordered while the broker is away is kept."""
    reads_version_2: bool = True
    resends_rejected: bool = False
    prints_persons: bool = False
    own_partitions: bool = False


@dataclass(slots=True)
class Delivery:
    """One numbered delivery of the outbox."""

    order: Mapping[str, Any]
    sequence: int
    delivery_id: str
    payload: Packed
    record: bytes = b""
    attempt: int = 0
    sent_at: float | None = None
    done: bool = False
    parts: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Unit:
    """One unit of the outbox, with what it is to send."""

    org_nr: str
    status: UnitStatus = UnitStatus.NEW
    next_sequence: int = 1
    hello_id: str = field(default_factory=seal.new_delivery_id)
    hello_attempt: int = 0
    hello_at: float | None = None
    waiting: list[Mapping[str, Any]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def open_ones(self) -> list[Delivery]:
        """Return the deliveries without an answer that ends them."""
        return [one for one in self.deliveries if not one.done]

    def view(self) -> UnitView:
        """Return the unit as the protocol looks at it."""
        oldest = min((one.sequence for one in self.open_ones), default=None)
        return UnitView(self.status, self.next_sequence, oldest, self.hello_id)

    def send_again(self, since: int = 0) -> None:
        """Forget that deliveries were sent, from a sequence on."""
        for one in self.open_ones:
            if one.sequence >= since:
                one.sent_at = None


@dataclass(slots=True)
class Outbox:
    """What survives a kill."""

    position: int
    """How many receipts were read."""
    key: PublicKey | None = None
    units: dict[str, Unit] = field(default_factory=dict)
    carried_out: set[str] = field(default_factory=set)

    def unit(self, org_nr: str) -> Unit:
        """Return a unit, a new one if it was not known."""
        return self.units.setdefault(org_nr, Unit(org_nr))


class ModelSender(SenderUnderTest):
    """The sender under test, whose process is a task of this loop."""

    def __init__(self, broker: MemoryBroker, habits: Habits, **more: Any) -> None:
        super().__init__(**more)
        self.broker, self.habits = broker, habits
        self.kept = Outbox(len(broker.receipts))
        self.text = b""
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work, unless it works."""
        if self.task is None:
            for unit in self.kept.units.values():
                unit.send_again()
            self.task = asyncio.get_running_loop().create_task(self._work())

    def ended(self) -> str | None:
        """Return how it ended by itself: an error of this model fails the test."""
        if self.task is not None and self.task.done():
            self.task.result()
        return None

    def kill(self) -> None:
        """End at once."""
        task, self.task = self.task, None
        if task is not None:
            task.cancel()
        if not self.habits.keeps_outbox:
            self.kept = Outbox(len(self.broker.receipts))

    def stop(self) -> None:
        """End."""
        self.kill()

    def lose_outbox(self) -> None:
        """Lose what it kept."""
        super().lose_outbox()
        self.kept = Outbox(len(self.broker.receipts))

    def printed(self) -> bytes:
        """Return what it printed."""
        return self.text

    async def _work(self) -> None:
        now = asyncio.get_running_loop().time
        while True:
            if not self.broker.is_away:
                self._read_orders()
                self._read_receipts()
                self._send(now())
            elif not self.habits.waits_for_broker:
                self._forget_orders()
            await asyncio.sleep(ROUND_S)

    # Orders

    def _new_orders(self) -> Iterator[Mapping[str, Any]]:
        for path in sorted(self.orders_folder.glob("*.json")):
            if path.name not in self.kept.carried_out:
                self.kept.carried_out.add(path.name)
                yield json.loads(path.read_text("utf-8"))

    def _forget_orders(self) -> None:
        for _ in self._new_orders():
            pass

    def _read_orders(self) -> None:
        for order in self._new_orders():
            unit = self.kept.unit(order["org_nr"])
            if order["order"] == DELIVER:
                unit.waiting.append(order)
                if self.habits.prints_persons:
                    self.text += "".join(one.get("fnr", "") for one in order["items"]).encode()
            elif order["order"] == RESUME:
                unit.status = UnitStatus.OPEN
                unit.send_again()
            else:
                self._renumber(unit)

    @staticmethod
    def _renumber(unit: Unit) -> None:
        unit.waiting[:0] = [one.order for one in unit.open_ones]
        unit.deliveries = [one for one in unit.deliveries if one.done]
        unit.status, unit.hello_id, unit.hello_at = UnitStatus.NEW, seal.new_delivery_id(), None

    # Receipts

    def _read_receipts(self) -> None:
        receipts = self.broker.receipts[self.kept.position :]
        self.kept.position = len(self.broker.receipts)
        for receipt in receipts:
            if receipt["org_nr"] in self.kept.units:
                self._apply(receipt, self.kept.units[receipt["org_nr"]])

    def _apply(self, receipt: Mapping[str, Any], unit: Unit) -> None:
        if receipt["version"] == 2 and not self.habits.reads_version_2:
            return
        sent = next(
            (one for one in unit.deliveries if one.delivery_id == receipt["delivery_id"]), None
        )
        view = ReceiptView(
            receipt["delivery_id"],
            receipt["sequence"],
            receipt["attempt"],
            ReceiptStatus(receipt["status"]),
            receipt["reason"],
            receipt["expected_sequence"],
        )
        known = None if sent is None else DeliveryView(sent.sequence, sent.attempt, sent.done)
        match protocol.decide(view, unit.view(), known):
            case protocol.ResumeAt(sequence):
                unit.status, unit.next_sequence = UnitStatus.OPEN, sequence
            case protocol.Finish() if sent is not None:
                self._finish(receipt, sent)
            case protocol.GoBack(sequence) if self.habits.goes_back:
                unit.send_again(sequence)
            case protocol.Block(reason) if self.habits.holds_units:
                self._block(unit, reason)
            case protocol.Stop() if self.habits.holds_units:
                unit.status = UnitStatus.STOPPED
            case _:
                pass

    def _finish(self, receipt: Mapping[str, Any], sent: Delivery) -> None:
        sent.parts.add(receipt["part"])
        if self.habits.resends_rejected and receipt["counts"]["rejected"]:
            sent.sent_at, self.kept.units[receipt["org_nr"]].status = None, UnitStatus.OPEN
            return
        if len(sent.parts) >= receipt["parts"] or not self.habits.counts_parts:
            sent.done = True

    def _block(self, unit: Unit, reason: str) -> None:
        if reason != Cause.UNKNOWN_KEY:
            unit.status = UnitStatus.BLOCKED
            return
        if self.habits.encrypts_again:
            self.kept.key = None
            for one in unit.open_ones:
                one.record = self._sealed(unit, one)
        unit.send_again()

    # Sending

    def _send(self, now: float) -> None:
        held = any(
            one.status in (UnitStatus.BLOCKED, UnitStatus.STOPPED)
            for one in self.kept.units.values()
        )
        for unit in self.kept.units.values():
            if unit.status is UnitStatus.NEW:
                self._ask(unit, now)
            if unit.status is UnitStatus.OPEN and not (held and self.habits.holds_all):
                self._number(unit)
                self._send_unit(unit, now)

    def _ask(self, unit: Unit, now: float) -> None:
        if not self.habits.says_hello:
            unit.status = UnitStatus.OPEN
        elif unit.hello_at is None or now - unit.hello_at > self.resend_after_s:
            unit.hello_at, unit.hello_attempt = now, unit.hello_attempt + 1
            asking = Delivery(HELLO, 0, unit.hello_id, seal.EMPTY)
            self._write(unit, seal.with_attempt(self._sealed(unit, asking), unit.hello_attempt))

    def _number(self, unit: Unit) -> None:
        for order in unit.waiting:
            items = [item_of(one) for one in order["items"]]
            payload = Packed(len(items), container(items, message_type=order["message_type"]))
            new = Delivery(order, unit.next_sequence, seal.new_delivery_id(), payload)
            new.record = self._sealed(unit, new)
            unit.deliveries.append(new)
            unit.next_sequence += 1
        unit.waiting.clear()

    def _send_unit(self, unit: Unit, now: float) -> None:
        for one in sorted(unit.open_ones, key=lambda one: one.sequence)[: self.habits.window]:
            late = one.sent_at is not None and now - one.sent_at > self.resend_after_s
            if one.sent_at is None or (late and self.habits.resends):
                if one.attempt and not self.habits.keeps_ids:
                    one.delivery_id = seal.new_delivery_id()
                    one.record = self._sealed(unit, one)
                one.sent_at = now
                one.attempt = one.attempt + 1 if self.habits.counts_attempts else 1
                self._write(unit, seal.with_attempt(one.record, one.attempt))

    def _write(self, unit: Unit, record: bytes) -> None:
        place = partition_of(unit.org_nr)
        self.broker.send(
            record,
            key=unit.org_nr.encode(),
            partition=(place + 1) % 8 if self.habits.own_partitions else place,
        )

    def _key(self) -> PublicKey:
        if self.kept.key is None or self.habits.reads_key_early:
            self.kept.key = read_public_key(self.vendor.public_keys)
        return self.kept.key

    def _sealed(self, unit: Unit, one: Delivery) -> bytes:
        day = date.fromisoformat(one.order["period_from"])
        header = seal.DeliveryHeader(
            system=self.system,
            software_version="1.0",
            message_type=MessageType(one.order["message_type"]),
            contract_version="1",
            municipality_code=one.order["municipality_code"],
            district_code=None,
            period_from=day,
            period_to=day,
            extracted_at=int(NOW.timestamp() * 1000),
        )
        return seal.seal_delivery(
            one.payload,
            header,
            org_nr=unit.org_nr,
            sequence=one.sequence,
            delivery_id=one.delivery_id,
            key=self._key(),
        )


def item_of(ordered: Mapping[str, Any]) -> dict[str, Any]:
    """Return an ordered item with its times and dates as values."""
    found = dict(ordered)
    if "start" in found:
        found["start"] = datetime.fromisoformat(found["start"])
    if "birth_date" in found:
        found["birth_date"] = date.fromisoformat(found["birth_date"])
    return found
