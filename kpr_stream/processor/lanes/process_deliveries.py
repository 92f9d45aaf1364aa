"""What a lane does with the records it took: order, open, rules, enrich, decide, emit.

The flow of one consultation through the code, in this order: ``arrive``, ``order``, ``open``,
``frame`` (``validate``, ``enrich``), ``decide``, ``emit``, and then ``commit``. Records at which
processes died are opened in a process of their own: see ``suspect``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from kpr_stream.model.delivery import Arrived, Prepared, Refused, SourceRecord
from kpr_stream.processor.adapters.sandbox import Sandbox
from kpr_stream.processor.decide.batch import select
from kpr_stream.processor.decide.delivery import SourceId, is_command, source_id
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.lanes.commit import Decided
from kpr_stream.processor.lanes.process_command import CommandWork
from kpr_stream.processor.poison.isolate import (
    HealthCheck,
    assume_healthy,
    decide_isolated,
    is_caused_by_input,
    refused,
)
from kpr_stream.processor.poison.suspects import SuspectRecords
from kpr_stream.processor.state.contents import Contents, Place
from kpr_stream.processor.state.entries import SourceProgress
from kpr_stream.processor.state.overlay import LedgerReader, Overlay

LIGHT_ITEMS: Final = 400
"""A batch of more settles alone: threads that compete for the interpreter are all slower by it.
A lighter one never waits for its turn, or a live delivery would wait for a backlog."""
OPENING_COSTS_ITEMS: Final = 25
"""Unwrapping a content key (RSA) takes as long as this many items do."""


class Stage(Protocol):
    """Opens and prepares deliveries from the front: at least one, at most all."""

    async def prepare(self, deliveries: Sequence[Arrived]) -> Sequence[Prepared | Refused]: ...


class Archive(Protocol):
    """Gives values of the lane's own output records back."""

    async def read(self, lane: int, places: Collection[Place]) -> Mapping[Place, bytes]: ...


@dataclass(frozen=True, slots=True, repr=False)
class LaneWork:
    """Decides batches of one lane; shared by nothing but the frame stage."""

    ledger: LedgerReader
    frames: Stage
    alone: Sandbox
    suspicion: SuspectRecords
    emitter: Emitter
    commands: CommandWork
    read_back: Archive
    max_items: int
    health_check: HealthCheck = assume_healthy
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Shared by the lanes of a worker."""

    async def decide(self, records: Sequence[SourceRecord]) -> Decided:
        """Step 2 of the commit: everything is decided, nothing is written."""
        records, suspects = self.suspicion.cut(commands_apart(records))
        # One moment of it for the whole batch, noted in what the batch writes.
        emitter = replace(self.emitter, rights=self.commands.rights.current)
        if is_command(records[0]):
            await asyncio.to_thread(self.suspicion.note, records)
            return await self.commands.decide(records[0], self.ledger, emitter, deadly=suspects)
        stage: Stage = self.alone if suspects else self.frames
        # In threads: a full batch costs some 100 ms, and heartbeats share this loop.
        await asyncio.to_thread(self.suspicion.note, records)
        deliveries, read = await self._deliveries(records, suspects=suspects)
        overlay = Overlay(self.ledger)
        chosen = await asyncio.to_thread(select, deliveries, overlay, emitter)
        prepared = await stage.prepare(chosen) if chosen else ()
        opened: dict[SourceId, Prepared | Refused] = {
            source_id(arrived.source): result
            for arrived, result in zip(chosen, prepared, strict=False)
        }
        read_back: dict[Place, bytes] = {}
        while True:
            contents = Contents(read_back)
            async with self.turn if _is_heavy(deliveries) else nullcontext():
                batch = await asyncio.to_thread(
                    decide_isolated,
                    deliveries,
                    opened,
                    overlay,
                    emitter,
                    contents,
                    self.health_check,
                )
            if not batch.missing:
                break
            read_back |= await self.read_back.read(records[0].partition, batch.missing)
            overlay = Overlay(self.ledger)
        progress = SourceProgress(overlay.get)
        for output in batch.outputs:
            progress.note(output.header)
        return Decided(
            outputs=batch.outputs,
            puts={**overlay.puts, **progress.entries()},
            taken=_taken(records[:read], deliveries, batch.unsettled),
            settled=batch.settled,
        )

    async def _deliveries(
        self, records: Sequence[SourceRecord], *, suspects: bool
    ) -> tuple[list[Arrived | Refused], int]:
        """The deliveries among the first records, and how many records that are."""
        if not suspects:
            return await asyncio.to_thread(read_deliveries, records, self.max_items)
        found = await self.alone.arrive(records)
        return found, len(found)


def commands_apart(records: Sequence[SourceRecord]) -> Sequence[SourceRecord]:
    """One command, or the deliveries before the next: a command has its own transaction."""
    for place, record in enumerate(records):
        if is_command(record):
            return records[: place or 1]
    return records


def read_deliveries(
    records: Sequence[SourceRecord], max_items: int
) -> tuple[list[Arrived | Refused], int]:
    """As many from the front as make one micro-batch of at most ``max_items``, but at least one
    record; and how many records that are. What they hold is known only now."""
    found: list[Arrived | Refused] = []
    items = 0
    for read, record in enumerate(records):
        delivery = _arrived(record)
        items += _cost(delivery)
        if items > max_items and read:
            return found, read
        found.append(delivery)
    return found, len(records)


def _arrived(record: SourceRecord) -> Arrived | Refused:
    try:
        return arrive(record)
    except BaseException as cause:
        if not is_caused_by_input(cause):
            raise
        return refused(record, cause)


def _is_heavy(deliveries: Sequence[Arrived | Refused]) -> bool:
    return sum(map(_cost, deliveries)) > LIGHT_ITEMS


def _cost(delivery: Arrived | Refused) -> int:
    if isinstance(delivery, Refused):
        return 1
    return OPENING_COSTS_ITEMS + delivery.envelope.item_count


def _taken(
    records: Sequence[SourceRecord], deliveries: Sequence[Arrived | Refused], unsettled: int
) -> int:
    """How many records are settled: all, or those before the first unsettled delivery."""
    if not unsettled:
        return len(records)
    return list(records).index(deliveries[len(deliveries) - unsettled].source)
