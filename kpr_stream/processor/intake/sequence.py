"""The place of a delivery in the sequence of its unit and system, judged before decryption.

The next delivery is processed, and so is one that an operator's command had skipped. Any other
earlier delivery is a repeat if its digest is the remembered one. A later delivery is out of order:
the sender goes back to the expected one (go-back-N). So nothing is skipped, and nothing is held
back here. Called by ``choose`` in ``decide/batch.py`` and when ``decide/delivery.py`` decides; the
counter is ``UnitState`` in ``model/unit.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kpr_stream.model.delivery import Envelope
from kpr_stream.model.unit import NO_COUNTS, Counts, UnitState
from kpr_stream.model.words import MessageType, ReceiptStatus


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the receipt says of a delivery's place. PROCESSED means: this delivery is next."""

    status: ReceiptStatus
    counts: Counts = NO_COUNTS

    @property
    def is_next(self) -> bool:
        """Whether the delivery is to be decided."""
        return self.status is ReceiptStatus.PROCESSED


def is_next(state: UnitState, envelope: Envelope) -> bool:
    """Whether a delivery is the next of its unit, or fills a gap."""
    return envelope.message_type != MessageType.HELLO and state.takes(envelope.sequence)


def place_in_sequence(
    state: UnitState, envelope: Envelope, digest_hash: Callable[[bytes], bytes]
) -> Verdict:
    """Judge a delivery's place.

    ``digest_hash`` makes the keyed hash of a content digest. Only a possible repeat needs one.
    """
    if envelope.message_type == MessageType.HELLO:
        return Verdict(ReceiptStatus.HELLO)
    if is_next(state, envelope):
        return Verdict(ReceiptStatus.PROCESSED)
    if envelope.sequence > state.next_sequence:
        return Verdict(ReceiptStatus.OUT_OF_ORDER)
    for known in reversed(state.recent):
        if known.sequence == envelope.sequence:
            if known.digest == digest_hash(envelope.content_digest):
                return Verdict(ReceiptStatus.REPEATED, known.counts)
            return Verdict(ReceiptStatus.SEQUENCE_REUSED)
    return Verdict(ReceiptStatus.TOO_OLD)
