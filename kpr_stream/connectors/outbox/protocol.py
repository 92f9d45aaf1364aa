"""Decide what a receipt means for the outbox. Pure: no clock, no database, no broker.

| status | final | what the connector does |
| --- | --- | --- |
| processed, repeated | yes | the delivery is done, its counts are kept |
| out_of_order | no | goes back to the expected sequence and sends again from there |
| refused | no | the unit is blocked: nothing of it is sent until the cause is fixed |
| sequence_reused, too_old | yes | the outbox and the receiver disagree: an operator decides |
| hello | yes | resumes at the expected sequence |
| replayed | yes | nothing: items of a delivery that is done were decided again |
| another delivery than ours is processed, or asks hello | - | stops the unit: a second outbox |

A receipt of an attempt that has been sent again since changes nothing, unless it says that the
delivery is done.

Receipts of a unit come in the order of its deliveries. So the answers to an earlier outbox, which
was lost, come before the answer to this one's hello, and are ignored. Later answers to deliveries
that this outbox does not hold show a second sender, or an outbox that was restored from an older
copy. Sending on would give one sequence to two deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kpr_stream.model.words import ReceiptStatus

ANOTHER_OUTBOX: Final = "ANOTHER_OUTBOX"
"""Reason of a unit for which somebody else sends with the same system's login."""


class UnitStatus(StrEnum):
    """Whether a unit of the outbox is sent, and why not."""

    NEW = "new"  # its next sequence is unknown: a hello asks for it first
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
class DeliveryView:
    """What the outbox knows of the delivery that a receipt names."""

    sequence: int
    attempt: int
    answered: bool


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """The part of a receipt that is decided on."""

    delivery_id: str
    sequence: int
    attempt: int
    status: ReceiptStatus
    reason: str | None
    expected_sequence: int


@dataclass(frozen=True, slots=True)
class Ignore:
    """The receipt changes nothing."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The delivery is done."""


@dataclass(frozen=True, slots=True)
class GoBack:
    """Send again from this sequence."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Block:
    """Send nothing more of the unit. ``reason`` is the receiver's."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Outbox and receiver disagree. ``reason`` says about what."""

    reason: str


@dataclass(frozen=True, slots=True)
class ResumeAt:
    """The unit's numbering resumes at this sequence."""

    sequence: int


Step = Ignore | Finish | GoBack | Block | Stop | ResumeAt


def decide(answer: ReceiptView, unit: UnitView, sent: DeliveryView | None) -> Step:
    """Return the one step that follows from a receipt."""
    if unit.status is UnitStatus.NEW and answer.delivery_id == unit.hello_id:
        return _hello(answer)
    if sent is None:
        return Stop(ANOTHER_OUTBOX) if _is_another_outbox(answer, unit) else Ignore()
    if sent.answered or answer.status is ReceiptStatus.REPLAYED:
        return Ignore()
    if answer.status in (ReceiptStatus.PROCESSED, ReceiptStatus.REPEATED):
        return Finish()
    if answer.attempt < sent.attempt or unit.status is not UnitStatus.OPEN:
        return Ignore()
    return _not_taken(answer, unit, sent)


def _is_another_outbox(answer: ReceiptView, unit: UnitView) -> bool:
    """Return whether a delivery that we do not hold took, or is about to take, a sequence of ours.

    Below the oldest unanswered one are deliveries of long ago: a receipt topic that was made again
    is read from its beginning.
    """
    if unit.status is not UnitStatus.OPEN or unit.next_sequence is None:
        return False
    if answer.status is ReceiptStatus.HELLO:
        return answer.delivery_id != unit.hello_id
    first = unit.next_sequence if unit.oldest is None else unit.oldest
    return answer.status is ReceiptStatus.PROCESSED and answer.sequence >= first


def _hello(answer: ReceiptView) -> Step:
    if answer.status is ReceiptStatus.HELLO:
        return ResumeAt(answer.expected_sequence)
    return Block(answer.reason or answer.status.upper())


def _not_taken(answer: ReceiptView, unit: UnitView, sent: DeliveryView) -> Step:
    if answer.status is ReceiptStatus.REFUSED:
        return Block(answer.reason or answer.status.upper())
    if answer.status is ReceiptStatus.OUT_OF_ORDER:
        return _out_of_order(answer.expected_sequence, unit, sent)
    return Stop(answer.status.upper())


def _out_of_order(expected: int, unit: UnitView, sent: DeliveryView) -> Step:
    if unit.oldest is not None and unit.oldest <= expected < sent.sequence:
        return GoBack(expected)
    return Stop("RECEIVER_IS_AHEAD" if expected > sent.sequence else "RECEIVER_IS_BEHIND")
