"""Discard quarantined items: their state says so, and nothing else changes. Pure."""

from __future__ import annotations

from kpr_stream.model.command import Command, ResultStatus
from kpr_stream.model.quarantine import ItemState
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.commands.log_slice import SliceRead
from kpr_stream.processor.commands.quarantined import next_state, open_items
from kpr_stream.processor.decide.unit_of_work import UnitOfWork


def discard(command: Command, found: SliceRead, uow: UnitOfWork) -> Effects:
    """Discard the open items that a command names."""
    items, counts = open_items(command, found, uow)
    for one in items:
        uow.write(next_state(command, one, ItemState.DISCARDED))
    counts["discarded"] = len(items)
    status = ResultStatus.DONE if items else ResultStatus.UNCHANGED
    return Effects(status=status, counts={word: count for word, count in counts.items() if count})
