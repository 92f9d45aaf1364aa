"""Decide a batch: for every delivery, in order, what becomes of it and what is written.

Two passes over the same deliveries. ``choose`` names those that are worth decrypting, whether the
deliveries before them can be processed or not. ``decide_deliveries`` then decides all of them:
place in the sequence, outcome of every item, output records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.processor.decide.delivery import (
    DecidedDelivery,
    SourceId,
    decide_delivery,
)
from kpr_stream.processor.decide.unit_of_work import UnitOfWork, known_unit
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.intake.sequence import is_next
from kpr_stream.processor.state.contents import Contents, LogPosition
from kpr_stream.processor.state.entries import Entries
from kpr_stream.processor.state.overlay import LedgerReader, Overlay


@dataclass(slots=True)
class Batch:
    """What a batch writes and remembers.

    If ``missing`` is not empty, discard this result, read those contents back and decide again.
    """

    outputs: list[OutputRecord] = field(default_factory=list)
    entries: Entries = field(default_factory=dict)
    deliveries: list[DecidedDelivery] = field(default_factory=list)
    missing: set[LogPosition] = field(default_factory=set)


def choose(records: Sequence[Arrived | DeliveryRefused], ledger: LedgerReader) -> list[Arrived]:
    """The deliveries to decrypt: all that may turn out to be the next of their unit.

    A delivery is next if those before it are processed, or if one of them is refused and this is
    the corrected one. So nothing that is next when it is decided has been left out here.
    """
    overlay = Overlay(ledger)
    known: dict[bytes, UnitState] = {}
    expected: dict[bytes, UnitState] = {}
    chosen = []
    for record in records:
        if isinstance(record, DeliveryRefused):
            continue
        envelope = record.envelope
        key = unit_key(envelope.org_nr, envelope.system)
        if key not in known:
            known[key] = known_unit(overlay, envelope.org_nr, envelope.system)
        before = known[key]
        state = expected.get(key, before)
        if is_next(state, envelope):
            expected[key] = state.taken(envelope.sequence)
            chosen.append(record)
        elif before.in_gap(envelope.sequence) or (
            before.next_sequence <= envelope.sequence < state.next_sequence
        ):
            # Sent again in this batch: if the one before is refused, this may be its correction.
            chosen.append(record)
    return chosen


def decide_deliveries(
    records: Sequence[Arrived | DeliveryRefused],
    prepared: Mapping[SourceId, Prepared | DeliveryRefused],
    ledger: LedgerReader,
    emitter: Emitter,
    contents: Contents | None = None,
) -> Batch:
    """Decide deliveries in order, each leaving exactly one receipt.

    ``prepared`` holds the results of all deliveries that ``choose`` named.
    """
    overlay = Overlay(ledger)
    uow = UnitOfWork(overlay, emitter, contents or Contents())
    deliveries = [decide_delivery(record, prepared, uow) for record in records]
    uow.write_states()
    return Batch(uow.outputs, overlay.puts, deliveries, uow.contents.missing)
