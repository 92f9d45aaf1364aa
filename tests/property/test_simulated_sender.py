"""A sender that knows nothing but the table of docs/vendor/receipts.md gets everything through.

It does what the rows of the table "What to send next" say, and is not our connector. Its deliveries
meet refusals, gaps, resends and lost receipts, in random order and by either version of the
receipt. Every content must be processed exactly once, in the order of its sequence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.sender_states import (
    SenderState,
    SenderStep,
    row_after_wait,
    row_for,
)
from kpr_stream.model.topics import receipt_topic
from kpr_stream.model.words import MessageType, ReceiptStatus, Resend, System
from kpr_stream.processor.intake.admission import AdmissionPolicy
from tests.support.deliveries import NOW_MS, consultation, container, source_record
from tests.support.receiver import Receiver

SYSTEM: Final = System.VISMA_HSPRO
WINDOW: Final = 4
FAULTS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "digest": lambda: {"content_digest": bytes(32)},
    "clear": lambda: {"encrypted": False},
    "id": lambda: {"delivery_id": "monday"},
    "contract": lambda: {"contract_version": "77"},
    "clock": lambda: {"received_at": NOW_MS + 3_600_000},
}
"""Ways to build a delivery that is refused, each mended by building it rightly."""
FAULTY: Final = (*FAULTS, "frame", "rebuilt")
"""``frame``: the record cannot be read. ``rebuilt``: the content is made again, other bytes and
another digest, whenever it is sent again."""
ENOUGH: Final = 400
"""Rounds after which a sender that makes progress has long got everything through."""
RESEND: Final = {row.reason.value: row.resend for row in refusal_causes().values()}
"""What the page says to send again, for a receipt of version 1, which gives the code alone. The
faults of this test have codes whose causes agree on it."""


@dataclass
class Sender:
    """One unit's sender: the states and rows of the table, and nothing else."""

    count: int
    faulty: dict[int, str]
    """The fault of a sequence, until a person has mended it."""
    hello_is_faulty: bool
    payloads: dict[int, bytes] = field(default_factory=dict)
    """Kept as they were made, since a repeat must have the same bytes."""
    state: SenderState = SenderState.NEW
    next: int = 1
    attempts: dict[int, int] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    held_at: int = 0
    resend: Resend = Resend.UNCHANGED
    at_offset: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Sequence and attempt by the offset at which the broker says that it lies."""

    def __post_init__(self) -> None:
        self.payloads = {n: container([consultation(n)]) for n in range(1, self.count + 1)}

    def build(self, sequence: int) -> SourceRecord:
        self.attempts[sequence] = self.attempts.get(sequence, 0) + 1
        fault = self.faulty.get(sequence, "")
        fields = FAULTS[fault]() if fault in FAULTS else {}
        late = fields.pop("received_at", NOW_MS)
        if fault == "rebuilt":
            self.payloads[sequence] = container([consultation(sequence)])
        record = source_record(
            payload=self.payloads[sequence],
            sequence=sequence,
            attempt=self.attempts[sequence],
            received_at=late,
            **{"item_count": 1, **fields},
        )
        if fault == "frame":
            record = replace(record, value=b"\1" + (record.value or b"")[1:])
        return replace(record, received_at=NOW_MS)

    def send(self) -> list[tuple[int, SourceRecord]]:
        """What is due, each with its sequence."""
        if self.state is SenderState.NEW:
            count = 2 if self.hello_is_faulty else 0
            return [(0, source_record(message_type=MessageType.HELLO, item_count=count))]
        if self.state is not SenderState.OPEN:
            return []
        window = range(self.next, min(self.next + WINDOW, self.count + 1))
        self.next = window.stop if window else self.next
        return [(sequence, self.build(sequence)) for sequence in window]

    def acknowledged(self, sequence: int, offset: int) -> None:
        """The broker names the offset of a record."""
        self.at_offset[offset] = (sequence, self.attempts.get(sequence, 1))

    def hear(self, receipt: dict[str, Any]) -> None:
        # A record that cannot be read is answered without sequence: only the offset names it.
        sequence, attempt = self.at_offset[receipt["source_offset"]]
        status = ReceiptStatus(receipt["status"])
        row = row_for(self.state, status)
        is_new = attempt == self.attempts.get(sequence, 1) and sequence not in self.done
        is_hellos = sequence == 0
        if row.step is not SenderStep.FINISH and (
            not is_new or is_hellos is not (self.state is SenderState.NEW)
        ):
            return
        self.state = row.after or self.state
        match row.step:
            case SenderStep.FINISH:
                self.done.add(sequence)
            case SenderStep.RESUME | SenderStep.GO_BACK:
                self.next = receipt["expected_sequence"]
            case SenderStep.NOTHING if status is ReceiptStatus.REFUSED and row.after:
                self.held_at = sequence
                self.resend = Resend(receipt["resend"] or RESEND[receipt["reason"]])
            case SenderStep.NOTHING if row.after is SenderState.STOPPED:
                self.held_at = sequence

    def mended(self) -> None:
        """A person mends the cause of a refusal, or finds what was processed before."""
        row = row_after_wait(self.state)
        assert row.after is not None
        self.state = row.after
        if row.step is SenderStep.ASK:
            self.faulty.pop(self.held_at, None)
            self.done.add(self.held_at)
            return
        assert row.step is SenderStep.SEND_AGAIN
        if self.resend is Resend.CORRECTED:
            self.faulty.pop(self.held_at, None)
        if self.held_at == 0:
            self.state, self.hello_is_faulty = SenderState.NEW, False
        self.next = max(self.held_at, 1)

    def waited(self) -> None:
        """No receipt came: the oldest unanswered delivery and those behind it go again."""
        if self.state is SenderState.OPEN:
            unanswered = [n for n in range(1, self.count + 1) if n not in self.done]
            self.next = unanswered[0] if unanswered else self.count + 1


@given(
    data=st.data(),
    count=st.integers(1, 10),
    hello_is_faulty=st.booleans(),
    version_2=st.booleans(),
    agreed=st.booleans(),
)
@settings(deadline=None, max_examples=25)
def test_every_delivery_gets_through_exactly_once(
    data: st.DataObject, count: int, *, hello_is_faulty: bool, version_2: bool, agreed: bool
) -> None:
    faulty = data.draw(st.dictionaries(st.integers(1, count), st.sampled_from(FAULTY)))
    sender, receiver = Sender(count, faulty, hello_is_faulty), Receiver()
    receiver.emitter = replace(
        receiver.emitter,
        receipt_v2_systems=frozenset({SYSTEM} if version_2 else ()),
        policy=AdmissionPolicy(agreement_required=not agreed),
    )
    losses = data.draw(st.integers(0, 30))

    def is_lost(_: object) -> bool:
        nonlocal losses
        lost = losses > 0 and data.draw(st.booleans())
        losses -= lost
        return lost

    exchange(sender, receiver, is_lost=is_lost, waits=lambda: data.draw(st.booleans()))
    everything_was_processed_once(sender, receiver)


def test_a_sender_that_rebuilds_what_was_processed_is_stopped_and_gets_out() -> None:
    """The receipt of a processed delivery is lost, and its content is made again."""
    sender, receiver = Sender(6, {2: "rebuilt"}, hello_is_faulty=False), Receiver()
    lost: list[object] = []

    def is_lost(sent: object) -> bool:
        first = isinstance(sent, dict) and sent["sequence"] == 2 and not lost
        lost.extend([sent] * first)
        return first

    exchange(sender, receiver, is_lost=is_lost, waits=lambda: True)
    everything_was_processed_once(sender, receiver)
    answered = [r["status"] for r in receiver.read(receipt_topic(SYSTEM), "receipt")]
    assert answered.count("sequence_reused") == 1
    assert answered.count("hello") == 2


def exchange(
    sender: Sender,
    receiver: Receiver,
    *,
    is_lost: Callable[[object], bool],
    waits: Callable[[], bool],
) -> None:
    """Send and answer until everything is done, or for too long."""
    offset = heard = 0
    for _ in range(ENOUGH):
        if len(sender.done) == sender.count:
            return
        # A record that is left out is lost on the way: a gap.
        sent = [one for one in sender.send() if not is_lost(one)]
        for sequence, record in sent:
            offset += 1
            sender.acknowledged(sequence, offset)
            receiver.take(replace(record, offset=offset))
        receipts = receiver.read(receipt_topic(SYSTEM), "receipt")
        for receipt in receipts[heard:]:
            if not is_lost(receipt):
                sender.hear(receipt)
        heard = len(receipts)
        if sender.state in {SenderState.HELD, SenderState.STOPPED}:
            if sender.resend is Resend.UNCHANGED:
                receiver.emitter = replace(receiver.emitter, policy=AdmissionPolicy())
            sender.mended()
        elif waits():
            sender.waited()
        if sender.next > sender.count:
            sender.waited()


def everything_was_processed_once(sender: Sender, receiver: Receiver) -> None:
    """In the order of the sequences."""
    everything = list(range(1, sender.count + 1))
    assert sorted(sender.done) == everything
    answered = receiver.read(receipt_topic(SYSTEM), "receipt")
    assert [r["sequence"] for r in answered if r["status"] == "processed"] == everything
    accepted = [r["counts"]["accepted"] for r in answered if r["status"] == "processed"]
    assert sum(accepted) == sender.count
