"""What a receipt means for the outbox. Pure: no clock, no database, no broker.

| status | final | what the connector does |
| --- | --- | --- |
| processed, repeated | yes | the delivery is done, its counts are kept |
| out_of_order | no | goes back to the expected sequence and sends again from there |
| refused | no | the unit is blocked: nothing of it is sent until somebody has mended it |
| sequence_reused, too_old | yes | the outbox and the receiver disagree: an operator decides |
| hello | yes | goes on at the expected sequence |
| replayed | yes | nothing: items of a delivery that is done were judged again |

An answer to an attempt that was already sent again says nothing new, except that the delivery
is done. Answers to deliveries of an earlier outbox are not ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kpr_stream.model.words import ReceiptStatus


class UnitStatus(StrEnum):
    """Where a unit stands in the outbox."""

    NEW = "new"  # no memory of it: hello is asked first
    OPEN = "open"
    BLOCKED = "blocked"  # a delivery was refused
    STOPPED = "stopped"  # outbox and receiver disagree


@dataclass(frozen=True, slots=True)
class UnitView:
    """What the outbox knows of a unit. ``oldest`` is its lowest unanswered sequence."""

    status: UnitStatus
    next_sequence: int | None
    oldest: int | None
    hello_id: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What the outbox knows of the delivery that a receipt names."""

    sequence: int
    attempt: int
    answered: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What counts of a receipt here."""

    delivery_id: str
    attempt: int
    status: ReceiptStatus
    reason: str | None
    expected_sequence: int


@dataclass(frozen=True, slots=True)
class Ignore:
    """It says nothing new."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The delivery is done."""


@dataclass(frozen=True, slots=True)
class GoBack:
    """Send again from this sequence."""

    to: int


@dataclass(frozen=True, slots=True)
class Block:
    """Send nothing more of the unit; the receiver's reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Outbox and receiver disagree; what about."""

    reason: str


@dataclass(frozen=True, slots=True)
class GoOn:
    """The unit's numbering goes on at this sequence."""

    at: int


Step = Ignore | Finish | GoBack | Block | Stop | GoOn


def decide(answer: Answer, unit: UnitView, sent: Sent | None) -> Step:
    """The one step that follows from a receipt."""
    if unit.status is UnitStatus.NEW and answer.delivery_id == unit.hello_id:
        return _hello(answer)
    if sent is None or sent.answered or answer.status is ReceiptStatus.REPLAYED:
        return Ignore()
    if answer.status in (ReceiptStatus.PROCESSED, ReceiptStatus.REPEATED):
        return Finish()
    if answer.attempt < sent.attempt or unit.status is not UnitStatus.OPEN:
        return Ignore()
    return _not_taken(answer, unit, sent)


def _hello(answer: Answer) -> Step:
    if answer.status is ReceiptStatus.HELLO:
        return GoOn(answer.expected_sequence)
    return Block(answer.reason or answer.status.upper())


def _not_taken(answer: Answer, unit: UnitView, sent: Sent) -> Step:
    if answer.status is ReceiptStatus.REFUSED:
        return Block(answer.reason or answer.status.upper())
    if answer.status is ReceiptStatus.OUT_OF_ORDER:
        return _out_of_order(answer.expected_sequence, unit, sent)
    return Stop(answer.status.upper())


def _out_of_order(expected: int, unit: UnitView, sent: Sent) -> Step:
    if unit.oldest is not None and unit.oldest <= expected < sent.sequence:
        return GoBack(expected)
    return Stop("RECEIVER_IS_AHEAD" if expected > sent.sequence else "RECEIVER_IS_BEHIND")
