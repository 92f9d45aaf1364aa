"""Settling a batch: for every delivery, in order, what becomes of it and what is written.

Two passes over the same records. ``select`` tells which deliveries are worth decrypting, taking
for granted that the ones before them open. ``settle`` then goes through all of them for good:
order, outcome of every item, output records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kpr_stream.model.delivery import Arrived, Prepared, Refused
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.processor.decide.delivery import Settled, SourceId, settle_delivery, source_id
from kpr_stream.processor.decide.unit_of_work import Desk
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.intake.sequence import order
from kpr_stream.processor.state.contents import Contents, LogPosition
from kpr_stream.processor.state.overlay import Overlay


@dataclass(slots=True)
class Batch:
    """What a batch writes. The last ``unsettled`` deliveries wait for a batch of their own. If
    contents are ``missing``, nothing of it counts: read them back and settle again with them."""

    outputs: list[OutputRecord] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    unsettled: int = 0
    missing: set[LogPosition] = field(default_factory=set)


def select(
    records: Sequence[Arrived | Refused], overlay: Overlay, emitter: Emitter
) -> list[Arrived]:
    """The deliveries to decrypt: those that are next whether the ones before open or not."""
    desk = Desk(overlay, emitter)
    expected: dict[bytes, UnitState] = {}
    chosen = []
    for record in records:
        if isinstance(record, Refused):
            continue
        envelope = record.envelope
        key = unit_key(envelope.org_nr, envelope.system)
        before = desk.state(envelope.org_nr, envelope.system)
        state = expected.get(key, before)
        digest = emitter.pseudonyms.digest_hash(envelope.content_digest)
        if order(state, envelope, digest).is_next:
            expected[key] = state.taken(envelope.sequence)
            chosen.append(record)
        elif before.in_gap(envelope.sequence) or (
            before.next_sequence <= envelope.sequence < state.next_sequence
        ):
            # Sent again in this batch: if the one before is refused, this may be the mended one.
            chosen.append(record)
    return chosen


def settle(
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
    desk = Desk(overlay, emitter, contents or Contents())
    batch = Batch(outputs=desk.outputs)
    for place, record in enumerate(records):
        if _needs_opening(record, opened, desk):
            batch.unsettled = len(records) - place
            break
        batch.settled.append(settle_delivery(record, opened, desk))
    desk.write_states()
    batch.missing = desk.contents.missing
    return batch


def _needs_opening(
    record: Arrived | Refused, opened: Mapping[SourceId, Prepared | Refused], desk: Desk
) -> bool:
    if isinstance(record, Refused) or source_id(record.source) in opened:
        return False
    envelope = record.envelope
    digest = desk.emitter.pseudonyms.digest_hash(envelope.content_digest)
    state = desk.state(envelope.org_nr, envelope.system)
    return order(state, envelope, digest).is_next
