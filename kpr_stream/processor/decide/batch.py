"""Settling a batch: for every delivery, in order, what becomes of it and what is written.

Two passes over the same records. ``select`` names the deliveries that are worth decrypting, taking
for granted that the ones before them open. ``decide_deliveries`` then decides all of them: place in
the sequence, outcome of every item, output records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kpr_stream.model.delivery import Arrived, Prepared, Refused
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.processor.decide.delivery import (
    DecidedDelivery,
    SourceId,
    decide_delivery,
    source_id,
)
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.intake.sequence import place_in_sequence
from kpr_stream.processor.state.contents import Contents, Place
from kpr_stream.processor.state.overlay import Overlay


@dataclass(slots=True)
class Batch:
    """What a batch writes. The last ``unsettled`` deliveries wait for a batch of their own. If
    contents are ``missing``, nothing of it counts: read them back and settle again with them."""

    outputs: list[OutputRecord] = field(default_factory=list)
    settled: list[DecidedDelivery] = field(default_factory=list)
    unsettled: int = 0
    missing: set[Place] = field(default_factory=set)


def select(
    records: Sequence[Arrived | Refused], overlay: Overlay, emitter: Emitter
) -> list[Arrived]:
    """The deliveries to decrypt: those that are next whether the ones before open or not."""
    uow = UnitOfWork(overlay, emitter)
    expected: dict[bytes, UnitState] = {}
    chosen = []
    for record in records:
        if isinstance(record, Refused):
            continue
        envelope = record.envelope
        key = unit_key(envelope.org_nr, envelope.system)
        before = uow.state(envelope.org_nr, envelope.system)
        state = expected.get(key, before)
        digest = emitter.pseudonyms.digest_hash(envelope.content_digest)
        if place_in_sequence(state, envelope, digest).is_next:
            expected[key] = state.taken(envelope.sequence)
            chosen.append(record)
        elif before.in_gap(envelope.sequence) or (
            before.next_sequence <= envelope.sequence < state.next_sequence
        ):
            # Sent again in this batch: if the one before is refused, this may be the mended one.
            chosen.append(record)
    return chosen


def decide_deliveries(
    records: Sequence[Arrived | Refused],
    opened: Mapping[SourceId, Prepared | Refused],
    overlay: Overlay,
    emitter: Emitter,
    contents: Contents | None = None,
) -> Batch:
    """Decide deliveries in order, each leaving exactly one receipt.

    Ends early at a delivery that is the next of its unit only because one before it in this very
    batch was refused: it was not chosen for opening, so it waits.
    """
    uow = UnitOfWork(overlay, emitter, contents or Contents())
    batch = Batch(outputs=uow.outputs)
    for place, record in enumerate(records):
        if _needs_opening(record, opened, uow):
            batch.unsettled = len(records) - place
            break
        batch.settled.append(decide_delivery(record, opened, uow))
    uow.write_states()
    batch.missing = uow.contents.missing
    return batch


def _needs_opening(
    record: Arrived | Refused, opened: Mapping[SourceId, Prepared | Refused], uow: UnitOfWork
) -> bool:
    if isinstance(record, Refused) or source_id(record.source) in opened:
        return False
    envelope = record.envelope
    digest = uow.emitter.pseudonyms.digest_hash(envelope.content_digest)
    state = uow.state(envelope.org_nr, envelope.system)
    return place_in_sequence(state, envelope, digest).is_next
