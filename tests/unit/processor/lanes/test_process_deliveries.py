"""Batches of a lane among those of others: who waits for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared
from kpr_stream.processor.adapters.sandbox import Sandbox, SandboxProcess
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.effects import InColumns
from kpr_stream.processor.lanes.process_command import CommandWork
from kpr_stream.processor.lanes.process_deliveries import LIGHT_ITEMS, LaneWork
from kpr_stream.processor.poison.suspects import SuspectRecords
from tests.faults.harness.in_process import NoArchive, NoLog, NoNotes
from tests.support.deliveries import consultation, source_record
from tests.support.no_rights import NoRights
from tests.support.receiver import Receiver, prepare_all


class Turn(asyncio.Lock):
    """Tells when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def acquire(self) -> bool:  # type: ignore[override] # the mixin says Literal[True]
        self.asked.set()
        return await super().acquire()


class Frames:
    """Opens and prepares at once."""

    async def prepare(self, deliveries: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
        return await prepare_all(deliveries)


def _nobody() -> SandboxProcess:
    raise AssertionError("there are no suspects here")


def _unasked(*_: object) -> list[object]:
    raise AssertionError("there are no commands here")


def lane(turn: asyncio.Lock, columns: InColumns | None = None) -> LaneWork:
    receiver = Receiver()
    rejudge = Rejudge(_unasked, _unasked, _unasked)  # type: ignore[arg-type] # never called
    return LaneWork(
        ledger=receiver.ledger,
        frames=Frames(),
        sandbox=Sandbox(_nobody),
        suspects=SuspectRecords(NoNotes(), bytes(16)),
        emitter=receiver.emitter,
        commands=CommandWork(NoRights(), NoLog(), NoArchive(), rejudge),
        max_items=4_000,
        turn=turn,
        columns=columns,
    )


async def test_heavy_batches_settle_one_at_a_time_and_light_ones_wait_for_none() -> None:
    heavy = source_record([consultation(n) for n in range(LIGHT_ITEMS + 1)])
    light = source_record([consultation(n) for n in range(10)])
    turn = Turn()
    await turn.acquire()
    turn.asked.clear()
    waiting = asyncio.ensure_future(lane(turn).decide([heavy]))
    await turn.asked.wait()
    turn.asked.clear()
    assert (await lane(turn).decide([light])).taken == 1
    assert not turn.asked.is_set()
    assert not waiting.done(), "another heavy batch has the turn"
    turn.release()
    assert (await waiting).taken == 1
    assert not turn.locked()


def test_suspects_are_never_decided_in_columns() -> None:
    columns = InColumns(_unasked, 0, _unasked)  # type: ignore[arg-type] # never called
    work, suspect = lane(Turn(), columns), source_record([consultation()])
    assert work._in_threads(suspect).columns is columns
    assert work._in_sandbox(suspect).columns is None
