"""The outbox against a receiver, with crashes and lost sendings at every step."""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.records import ReadyDelivery
from tests.support.examples import examples
from tests.unit.connectors.outboxes import answer_to, keep, opened, take, with_open_unit

DELIVERIES = 12


@dataclass
class OrderedReceiver:
    """Takes a unit's deliveries in order, once each, and answers every one."""

    taken: list[str] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)

    def receive(self, sent: ReadyDelivery) -> None:
        expected = len(self.taken) + 1
        if sent.sequence == expected:
            self.taken.append(sent.delivery_id)
            self.receipts.append(answer_to(sent))
        elif sent.sequence < expected:
            assert self.taken[sent.sequence - 1] == sent.delivery_id
            self.receipts.append(answer_to(sent, "repeated"))
        else:
            self.receipts.append(answer_to(sent, "out_of_order", expected=expected))


ACTIONS = st.lists(
    st.sampled_from(["send", "send", "lose", "arrive", "arrive", "answer", "answer", "crash"]),
    max_size=60,
)


@settings(max_examples=examples(40), deadline=None)
@given(ACTIONS)
def test_every_delivery_is_taken_once_and_in_order(actions: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outbox = opened(Path(folder))
        with_open_unit(outbox)
        keep(outbox, "f", range(1, DELIVERIES + 1))
        receiver, on_the_way, read = OrderedReceiver(), deque[ReadyDelivery](), 0
        for action in [*actions, *["send", *["arrive"] * DELIVERIES, "answer", "crash"] * 6]:
            if action == "crash":
                outbox.close()
                outbox = opened(Path(folder))
                read = outbox.positions().get(0, 0)
            elif action == "send":
                on_the_way.extend(take(outbox))
            elif action == "lose":
                # The process was killed between noting an attempt and sending it.
                take(outbox)
            elif action == "arrive" and on_the_way:
                receiver.receive(on_the_way.popleft())
            elif action == "answer":
                apply_receipts(outbox, receiver.receipts[read:], {0: len(receiver.receipts)})
                read = len(receiver.receipts)
        assert receiver.taken == [f"800000009-{n}" for n in range(1, DELIVERIES + 1)]
        assert settled(outbox) == DELIVERIES
        outbox.close()


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.sampled_from(["send", "drop", "arrive", "answer"]), max_size=60))
def test_a_gap_is_closed_by_going_back(actions: list[str]) -> None:
    """A delivery that never arrives shows by the next one: no new start is needed."""
    with tempfile.TemporaryDirectory() as folder:
        outbox = opened(Path(folder))
        with_open_unit(outbox)
        keep(outbox, "f", range(1, DELIVERIES + 1))
        receiver, on_the_way, read = OrderedReceiver(), deque[ReadyDelivery](), 0
        for action in [*actions, *["send", *["arrive"] * 2 * DELIVERIES, "answer"] * 12]:
            if action == "send":
                on_the_way.extend(take(outbox))
            elif action == "drop" and len(on_the_way) > 1:
                on_the_way.popleft()
            elif action == "arrive" and on_the_way:
                receiver.receive(on_the_way.popleft())
            elif action == "answer":
                apply_receipts(outbox, receiver.receipts[read:], {0: len(receiver.receipts)})
                read = len(receiver.receipts)
        assert len(receiver.taken) == settled(outbox) == DELIVERIES
        outbox.close()


def settled(outbox: Outbox) -> int:
    totals = outbox.totals(of_this_run=False)["800000009"]
    assert totals.items == totals.outcomes["accepted"]
    return totals.deliveries
