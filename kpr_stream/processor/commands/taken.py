"""Which attempt at a delivery was taken: only that one is replayed. Pure.

A delivery topic holds every attempt: those refused at admission, those out of order, those taken,
and their repeats. All of them may have the same content, sequence and time of extraction. They
differ in when they came, which is part of every cleaned record.
"""

from __future__ import annotations

from kpr_stream.model.delivery import Arrived
from kpr_stream.model.unit import millis
from kpr_stream.model.words import ReceiptStatus
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.cleaned import CLEANED
from kpr_stream.processor.intake.sequence import place_in_sequence
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.state.known import KnownRecord
from kpr_stream.schemas import wire


def may_be_taken(arrived: Arrived, uow: UnitOfWork) -> bool:
    """Return whether the unit's state leaves it open that this attempt was taken.

    False if the sequence is still to come, or is known to have been taken with another content.
    """
    state = uow.state(arrived.envelope.org_nr, arrived.envelope.system)
    place = place_in_sequence(state, arrived.envelope, uow.emitter.pseudonyms.digest_hash)
    return place.status in {ReceiptStatus.REPEATED, ReceiptStatus.TOO_OLD}


def is_from(arrived: Arrived, key: bytes, known: KnownRecord, uow: UnitOfWork) -> bool:
    """Return whether a live record came from this attempt, and not from another one.

    A report itself names its source. What was written again names the command or delivery that
    caused this, and its content has the time of the attempt. A content that is not at hand is
    noted as missing; see ``state/contents``.
    """
    source = arrived.source
    if known.revision == 0 and known.source[0] == source.topic_index:
        return known.source[1] == source.offset
    name, topic, _ = CLEANED[arrived.envelope.message_type]
    current = uow.contents.of(LogPosition(topic, known.offset, key.hex().encode()))
    if current is None:
        return True  # the content is read back, and the command carried out again
    return millis(wire.decode(name, current)["received_at"]) == source.received_at
