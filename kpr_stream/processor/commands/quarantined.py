"""Find the open quarantined items that a command names, and discard them. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from kpr_stream.model.command import Command, ResultStatus
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.quarantine import ItemState
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.commands.log_slice import SliceRead
from kpr_stream.processor.decide.quarantine import next_state_record, open_state
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.schemas import wire


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An open item: the quarantined item as it was rejected, and its state."""

    item: dict[str, Any]
    state: dict[str, Any]


def discard(command: Command, found: SliceRead, uow: UnitOfWork) -> Effects:
    """Discard the open items that a command names: their state changes, and nothing else."""
    items, counts = open_items(command, found, uow)
    for one in items:
        uow.write(next_state(uow, command, one, ItemState.DISCARDED))
    counts["discarded"] = len(items)
    status = ResultStatus.DONE if items else ResultStatus.UNCHANGED
    return Effects(status=status, counts={word: count for word, count in counts.items() if count})


def open_items(
    command: Command, found: SliceRead, uow: UnitOfWork
) -> tuple[list[OpenItem], Counter[str]]:
    """Return the items that a command names and that are open.

    The counts say how many are ``not_open`` (or another unit's), and how many are ``gone``: no
    longer on the topic.
    """
    wanted = set(command.numbers("offsets"))
    counts: Counter[str] = Counter()
    items = []
    for record in found.records:
        if record.offset not in wanted or record.value is None:
            continue
        wanted.discard(record.offset)
        item = wire.decode("quarantined_item", record.value)
        state = open_state(uow, item["quarantine_id"])
        if state is None or item["org_nr"] != command.org_nr:
            counts["not_open"] += 1
        else:
            items.append(OpenItem(item, state))
    if wanted:
        counts["gone"] = len(wanted)
    return items, counts


def next_state(
    uow: UnitOfWork,
    command: Command,
    one: OpenItem,
    state: ItemState,
    rules: tuple[str, ...] | None = None,
) -> OutputRecord:
    """Return an item's next state, caused by a command; without ``rules`` it keeps those it has."""
    return next_state_record(
        uow, command.source, one.state, state, rules=rules, command_id=command.command_id
    )
