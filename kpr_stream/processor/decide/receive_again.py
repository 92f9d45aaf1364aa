"""Receive an item again that had been rejected. Pure."""

from __future__ import annotations

from kpr_stream.model.delivery import Prepared
from kpr_stream.model.words import Outcome
from kpr_stream.processor.decide.items import decide_items, entry_key_of, item_key
from kpr_stream.processor.decide.supersede import unit_systems
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.receipt import AnsweredItem
from kpr_stream.processor.state.entries import read_entry
from kpr_stream.processor.state.known import ContentVersion


def receive_again(prepared: Prepared, uow: UnitOfWork) -> tuple[Outcome, AnsweredItem]:
    """Receive one item; return its outcome, and what a receipt says of it.

    The item is as old as its delivery. It is stale if the same delivery reported something else
    under the same id, because a version of a record is written only once.
    """
    envelope, (item,) = prepared.arrived.envelope, prepared.items
    key = item_key(uow.emitter, envelope, item)
    entry = uow.overlay.get(entry_key_of(envelope.message_type)(key)) if key else None
    version = ContentVersion(envelope.extracted_at, envelope.sequence)
    if entry and read_entry(entry).version == version:
        return Outcome.STALE, AnsweredItem(item.index, None, Outcome.STALE, item.findings)
    at = prepared.arrived.source.received_at
    systems = unit_systems(uow, envelope.org_nr, envelope.system, at=at)
    (outcome,), answered = decide_items(prepared, uow, systems)
    unlisted = AnsweredItem(item.index, None, outcome, item.findings)
    return outcome, answered[0] if answered else unlisted
