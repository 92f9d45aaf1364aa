"""Decide in columns, and item by item wherever columns do not serve. Pure.

Columns only save time: the item-by-item way is the definition of every outcome. So nothing is
refused because columns raise. What they have made is thrown away, and the batch goes item by item.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared
from kpr_stream.model.words import SYSTEMS, ReceiptStatus
from kpr_stream.processor.decide.batch import Batch, decide_deliveries
from kpr_stream.processor.decide.delivery import SourceId, source_id
from kpr_stream.processor.decide.plain import Plan
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.items.framed import FrameItems
from kpr_stream.processor.poison.isolate import is_caused_by_input
from kpr_stream.processor.state.contents import Contents
from kpr_stream.processor.state.overlay import LedgerReader, Overlay

Results = Mapping[SourceId, Prepared | DeliveryRefused]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what was read of the ledger for it."""

    plan: Plan
    seen: LedgerReader


def plan_isolated(
    records: Sequence[Arrived | DeliveryRefused],
    results: Results,
    ledger: LedgerReader,
    emitter: Emitter,
    *,
    plan: Callable[[Sequence[Prepared], Overlay, Emitter], Plan],
    from_items: int,
    failed: Callable[[BaseException], None],
) -> Planned | None:
    """Return the plan of a batch, made by ``plan``; None if the batch has to go item by item.

    None for a batch with fewer than ``from_items`` items, with a delivery that may not be
    processed, or with items of another process. None if columns raise; ``failed`` gets the error.
    """
    found = [results.get(source_id(record.source)) for record in records]
    prepared = [result for result in found if isinstance(result, Prepared)]
    items = sum(len(one.items) for one in prepared)
    if items < from_items or len(prepared) < len(results) or not _in_frames(prepared):
        return None
    seen = Overlay(ledger)
    try:
        return Planned(plan(prepared, seen, emitter), seen)
    except BaseException as cause:
        if not is_caused_by_input(cause):
            raise
        failed(cause)
        return None


def _in_frames(prepared: Collection[Prepared]) -> bool:
    """Whether all items are in frames: those of a suspect come from another process."""
    return all(isinstance(one.items, FrameItems) or not one.items for one in prepared)


def decide_planned(
    records: Sequence[Arrived | DeliveryRefused],
    results: Results,
    planned: Planned,
    emitter: Emitter,
    contents: Contents,
    *,
    failed: Callable[[BaseException], None],
) -> Batch | None:
    """Return the batch as decided with a plan; None if the batch has to go item by item.

    None if a delivery of the plan was not processed after all: what later items of its persons
    write was planned after it. None if deciding raises; ``failed`` gets the error then.
    """
    try:
        batch = decide_deliveries(
            records, results, planned.seen, emitter, contents, plan=planned.plan
        )
    except BaseException as cause:
        if not is_caused_by_input(cause):
            raise
        failed(cause)
        return None
    processed = {
        (SYSTEMS.index(one.system), one.offset)
        for one in batch.deliveries
        if one.status is ReceiptStatus.PROCESSED
    }
    return batch if processed >= planned.plan.keys() else None
