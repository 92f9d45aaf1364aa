"""A sender that knows nothing but the table of docs/vendor/receipts.md gets everything through.

It is written from the table "What to send next", not from our connector. Its deliveries meet
refusals, gaps, resends and lost receipts, in random order; every content must be processed exactly
once, in the order of its sequence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import receipt_topic
from kpr_stream.model.words import MessageType, System
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
ENOUGH: Final = 400
"""Rounds after which a sender that makes progress has long got everything through."""


@dataclass
class Sender:
    """One unit's sender: the states and rules of the table, and nothing else."""

    count: int
    faulty: dict[int, str]
    """The fault of a sequence, until a person has mended it."""
    payloads: dict[int, bytes] = field(default_factory=dict)
    """Kept as they were made, since a repeat must have the same bytes."""
    state: str = "new"
    next: int = 1
    attempts: dict[int, int] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    held_at: int = 0

    def __post_init__(self) -> None:
        self.payloads = {n: container([consultation(n)]) for n in range(1, self.count + 1)}

    def build(self, sequence: int) -> SourceRecord:
        self.attempts[sequence] = self.attempts.get(sequence, 0) + 1
        fields = FAULTS[self.faulty[sequence]]() if sequence in self.faulty else {}
        late = fields.pop("received_at", NOW_MS)
        record = source_record(
            payload=self.payloads[sequence],
            sequence=sequence,
            attempt=self.attempts[sequence],
            received_at=late,
            **{"item_count": 1, **fields},
        )
        return replace(record, received_at=NOW_MS)

    def send(self) -> list[SourceRecord]:
        if self.state == "new":
            return [source_record(message_type=MessageType.HELLO)]
        if self.state == "held":
            return []
        window = range(self.next, min(self.next + WINDOW, self.count + 1))
        self.next = window.stop if window else self.next
        return [self.build(sequence) for sequence in window]

    def hear(self, receipt: dict[str, Any]) -> None:
        sequence, status = receipt["sequence"], receipt["status"]
        if status == "hello":
            if self.state == "new":
                self.state, self.next = "open", receipt["expected_sequence"]
            return
        if status in {"processed", "repeated"}:
            self.done.add(sequence)
            return
        is_old = receipt["attempt"] < self.attempts[sequence] or sequence in self.done
        if is_old or self.state != "open":
            return
        if status == "refused":
            self.state, self.held_at = "held", sequence
        else:
            assert status == "out_of_order", receipt
            self.next = receipt["expected_sequence"]

    def mended(self) -> None:
        """A person mends the cause: the refused delivery goes first, then those behind it."""
        self.faulty.pop(self.held_at, None)
        self.state, self.next = "open", self.held_at

    def waited(self) -> None:
        """No receipt came: the oldest unanswered delivery and those behind it go again."""
        if self.state == "open":
            unanswered = [n for n in range(1, self.count + 1) if n not in self.done]
            self.next = unanswered[0] if unanswered else self.count + 1


@given(data=st.data(), count=st.integers(1, 10))
@settings(deadline=None, max_examples=20)
def test_every_delivery_gets_through_exactly_once(data: st.DataObject, count: int) -> None:
    faulty = data.draw(st.dictionaries(st.integers(1, count), st.sampled_from(sorted(FAULTS))))
    sender, receiver = Sender(count, faulty), Receiver()
    offset = heard = 0
    losses = data.draw(st.integers(0, 30))

    def is_lost() -> bool:
        nonlocal losses
        lost = losses > 0 and data.draw(st.booleans())
        losses -= lost
        return lost

    for _ in range(ENOUGH):
        if len(sender.done) == count:
            break
        # A record that is left out is lost on the way: a gap.
        sent = [one for one in sender.send() if not is_lost()]
        if sent:
            receiver.take(*(replace(one, offset=(offset := offset + 1)) for one in sent))
        receipts = receiver.read(receipt_topic(SYSTEM), "receipt")
        for receipt in receipts[heard:]:
            if not is_lost():
                sender.hear(receipt)
        heard = len(receipts)
        if sender.state == "held":
            sender.mended()
        elif data.draw(st.booleans()):
            sender.waited()
        if sender.next > count:
            sender.waited()
    assert sender.done == set(range(1, count + 1))
    answered = receiver.read(receipt_topic(SYSTEM), "receipt")
    processed = [r["sequence"] for r in answered if r["status"] == "processed"]
    assert processed == list(range(1, count + 1))
    assert sum(r["counts"]["accepted"] for r in answered if r["status"] == "processed") == count
