"""Deliveries whose place in the sequence is not the next one, and what follows a refusal."""

from __future__ import annotations

from collections.abc import Iterator

from kpr_stream.model.unit import RECENT_DELIVERIES
from kpr_stream.model.words import Cause, MessageType, Outcome, ReceiptStatus
from tests.support.deliveries import consultation
from tools.golden.case import Case, Need
from tools.golden.sender import Sender

ACCEPTED = {Outcome.ACCEPTED: 1}


def cases(unit: Iterator[str]) -> Iterator[Case]:
    """Every case of this kind."""
    one = Sender("status-repeated", next(unit))
    one.send([consultation(1)], outcomes=ACCEPTED)
    one.send([consultation(1)], attempt=2, status=ReceiptStatus.REPEATED, outcomes=ACCEPTED)
    yield Case(
        name=one.name,
        shows="The same delivery again: answered with the counts of the first time.",
        sent=one.sent,
    )

    one = Sender("status-out-of-order", next(unit))
    one.send([consultation(1)], sequence=3, status=ReceiptStatus.OUT_OF_ORDER)
    one.send([consultation(2)], outcomes=ACCEPTED)
    yield Case(
        name=one.name, shows="A later sequence than the expected one, then that one.", sent=one.sent
    )

    one = Sender("status-sequence-reused", next(unit))
    one.send([consultation(1)], outcomes=ACCEPTED)
    one.send([consultation(2)], status=ReceiptStatus.SEQUENCE_REUSED)
    yield Case(name=one.name, shows="A known sequence with other content.", sent=one.sent)

    one = Sender("status-too-old", next(unit))
    quiet = MessageType.APPOINTMENT
    for sequence in range(1, RECENT_DELIVERIES + 2):
        one.send(message_type=quiet, sequence=sequence)
    one.send(message_type=quiet, attempt=2, status=ReceiptStatus.TOO_OLD)
    yield Case(
        name=one.name,
        shows=f"A sequence more than {RECENT_DELIVERIES} deliveries ago.",
        sent=one.sent,
    )

    one = Sender("status-replayed", next(unit))
    one.send([consultation(1, start=None)], outcomes={Outcome.REJECTED: 1})
    yield Case(
        name=one.name,
        shows="An operator replays a rejected item: a second receipt, with attempt 0.",
        sent=one.sent,
        needs=Need.OPERATOR,
        replayed=ACCEPTED,
    )

    one = Sender("corrected-after-refusal", next(unit))
    refused = ReceiptStatus.REFUSED
    one.send([consultation(1)], item_count=2, status=refused, cause=Cause.COUNT_MISMATCH)
    one.send(sequence=2, status=ReceiptStatus.OUT_OF_ORDER)
    one.send([consultation(1)], attempt=2, outcomes=ACCEPTED)
    one.send(sequence=2, attempt=2)
    yield Case(
        name=one.name,
        shows="A refused delivery blocks its unit until it is corrected with the next attempt.",
        sent=one.sent,
    )
