"""Order of deliveries, per unit and system, checked before anything is decrypted.

The next sequence is processed, and so is one that an operator's command had skipped. Any other
earlier one is a repeat if its digest is the one remembered. A later one is out of order: the
sender goes back to the expected one (go-back-N), so nothing is skipped and nothing is held here.
"""

from __future__ import annotations

from dataclasses import dataclass

from kpr_stream.model.delivery import Envelope
from kpr_stream.model.unit import NO_COUNTS, Counts, UnitState
from kpr_stream.model.words import MessageType, ReceiptStatus


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to answer. PROCESSED means: this is the next one, open it."""

    status: ReceiptStatus
    counts: Counts = NO_COUNTS

    @property
    def is_next(self) -> bool:
        """Whether the delivery is to be opened."""
        return self.status is ReceiptStatus.PROCESSED


def place_in_sequence(state: UnitState, envelope: Envelope, digest: bytes) -> Verdict:
    """Judge a delivery's place. ``digest`` is the keyed hash of its content digest."""
    if envelope.message_type == MessageType.HELLO:
        return Verdict(ReceiptStatus.HELLO)
    if state.takes(envelope.sequence):
        return Verdict(ReceiptStatus.PROCESSED)
    if envelope.sequence > state.next_sequence:
        return Verdict(ReceiptStatus.OUT_OF_ORDER)
    for known in reversed(state.recent):
        if known.sequence == envelope.sequence:
            if known.digest == digest:
                return Verdict(ReceiptStatus.REPEATED, known.counts)
            return Verdict(ReceiptStatus.SEQUENCE_REUSED)
    return Verdict(ReceiptStatus.TOO_OLD)
