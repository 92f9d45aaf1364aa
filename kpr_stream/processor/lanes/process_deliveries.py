"""Step 2 of a lane's transaction: the pipeline with this worker's effects.

The flow of a delivery is in ``pipeline.py``. Here are its effects: threads, the frame stage that
all lanes share, and the sandbox for records at which processes died.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, ParamSpec, Protocol, TypeVar

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.stages import Measure, Stage, measured, unmeasured
from kpr_stream.processor.adapters.sandbox import Sandbox
from kpr_stream.processor.decide.delivery import is_command
from kpr_stream.processor.effects import BatchEffects, InColumns
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.lanes.process_command import CommandWork
from kpr_stream.processor.pipeline import Decided, decide_batch
from kpr_stream.processor.poison.isolate import HealthCheck, arrive_isolated, assume_healthy
from kpr_stream.processor.poison.suspects import SuspectRecords
from kpr_stream.processor.state.overlay import LedgerReader

P = ParamSpec("P")
T = TypeVar("T")

LIGHT_ITEMS: Final = 400
"""A batch with more items is decided alone: threads that compete for the interpreter slow each
other down. A lighter batch waits for no turn, or a live delivery would wait for a backlog."""
DECRYPTING_COSTS_ITEMS: Final = 25
"""Unwrapping a content key (RSA) takes as long as this many items."""


class Preparing(Protocol):
    """Decrypts and frames deliveries."""

    async def prepare(
        self, deliveries: Sequence[Arrived]
    ) -> Sequence[Prepared | DeliveryRefused]: ...


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class LaneWork:
    """Decides the batches of one lane."""

    ledger: LedgerReader
    frames: Preparing
    sandbox: Sandbox
    suspects: SuspectRecords
    emitter: Emitter
    commands: CommandWork
    max_items: int
    stopped_releases: Callable[[], frozenset[bytes]] = frozenset
    """Returns the keys of the releases that any lane has stopped, as known now."""
    health_check: HealthCheck = assume_healthy
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Shared by the lanes of a worker."""
    measure: Measure = unmeasured
    columns: InColumns | None = None
    """When plain items are decided in columns; never those of suspects: a library that ends the
    process there would end it again and again."""

    async def decide(self, records: Sequence[SourceRecord]) -> Decided:
        """Decide the first records: one command, some suspects, or a micro-batch of deliveries."""
        records, suspect = self.suspects.cut(until_command(records))
        # The same rights for the whole batch; what the batch writes says which.
        emitter = replace(
            self.emitter,
            rights=self.commands.rights.current,
            policy=replace(self.emitter.policy, stopped_releases=self.stopped_releases()),
        )
        await asyncio.to_thread(self.suspects.note, records)
        if is_command(records[0]):
            return await self.commands.decide(records[0], self.ledger, emitter, crashed=suspect)
        effects = self._in_sandbox(records[0]) if suspect else self._in_threads(records[0])
        crash_count = self.sandbox.crash_count
        decided = await decide_batch(records, ledger=self.ledger, emitter=emitter, effects=effects)
        if suspect:
            self.suspects.processed(decided.taken, survived=self.sandbox.crash_count == crash_count)
        return decided

    def progressed(self, lane: int) -> float:
        """When the sandbox last helped a lane on (perf_counter): see ``Sandbox.progressed``."""
        return self.sandbox.progressed(lane)

    def _in_threads(self, first: SourceRecord) -> BatchEffects:
        # In threads: a full batch costs some 100 ms, and heartbeats share this loop.
        turn = _Turn(self.turn)

        async def arrive(records: Sequence[SourceRecord]) -> list[Arrived | DeliveryRefused]:
            intake = measured(self.measure, Stage.INTAKE, micro_batch)
            arrived = await asyncio.to_thread(intake, records, self.max_items)
            turn.is_needed = sum(map(_cost, arrived)) > LIGHT_ITEMS
            return arrived

        return BatchEffects(
            arrive=arrive,
            prepare=self.frames.prepare,
            read_back=partial(self.commands.archive.read, first.partition),
            in_thread=turn.in_thread,
            health_check=self.health_check,
            measure=self.measure,
            columns=self.columns,
        )

    def _in_sandbox(self, suspect: SourceRecord) -> BatchEffects:
        async def arrive(records: Sequence[SourceRecord]) -> list[Arrived | DeliveryRefused]:
            arrived: list[Arrived | DeliveryRefused] = []
            items = 0
            for record in records:
                one = await self.sandbox.run(record)
                items += _cost(one)
                if items > self.max_items and arrived:
                    break
                arrived.append(one)
            return arrived

        async def prepare(deliveries: Sequence[Arrived]) -> list[Prepared | DeliveryRefused]:
            return [await self.sandbox.run(delivery) for delivery in deliveries]

        return replace(self._in_threads(suspect), arrive=arrive, prepare=prepare, columns=None)


class _Turn:
    """Runs the work of one batch in a thread; that of a heavy batch when it has the turn."""

    def __init__(self, turn: asyncio.Lock) -> None:
        self._turn = turn
        self.is_needed = False

    async def in_thread(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._turn if self.is_needed else nullcontext():
            return await asyncio.to_thread(work, *args, **kwargs)


def until_command(records: Sequence[SourceRecord]) -> Sequence[SourceRecord]:
    """The first command alone, or the deliveries before it."""
    for place, record in enumerate(records):
        if is_command(record):
            return records[: place or 1]
    return records


def micro_batch(records: Sequence[SourceRecord], max_items: int) -> list[Arrived | DeliveryRefused]:
    """The envelopes of the first records: as many as cost ``max_items`` at most, but at least one.

    How many items a record holds is known only from its envelope.
    """
    arrived: list[Arrived | DeliveryRefused] = []
    items = 0
    for record in records:
        delivery = arrive_isolated(record)
        items += _cost(delivery)
        if items > max_items and arrived:
            break
        arrived.append(delivery)
    return arrived


def _cost(delivery: Arrived | DeliveryRefused) -> int:
    if isinstance(delivery, DeliveryRefused):
        return 1
    return DECRYPTING_COSTS_ITEMS + delivery.envelope.item_count
