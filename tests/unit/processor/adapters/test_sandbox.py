"""Suspects in a sandbox: a delivery that kills it is refused, all others get their results."""

from __future__ import annotations

import asyncio
import ctypes
import math
import os
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import pytest

from kpr_stream.errors import LaneError
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.words import Refusal
from kpr_stream.processor.adapters import sandbox as module
from kpr_stream.processor.adapters.sandbox import ChildProcess, Sandbox
from kpr_stream.processor.poison.isolate import Work
from tests.unit.processor.lanes.test_frame_stage import arrived

KILLS, HANGS, RAISES, EATS, COMPUTES, WAITS = 3, 4, 5, 6, 8, 9
START_S = 6.0
"""More CPU time than a child needs to start; ``starts_slowly`` takes longer by the clock."""


def deadly() -> Work:
    """Work that does as the offset says."""

    def work(deliveries: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
        offset = deliveries[0].source.offset
        if offset == KILLS:
            ctypes.string_at(0)
        if offset == HANGS:
            signal.pause()
        while offset == COMPUTES:
            pass
        if offset == WAITS:
            time.sleep(1)
        if offset == RAISES:
            raise ValueError
        if offset == EATS:
            bytearray(2 * module.MEMORY_BYTES)
        return [Prepared(deliveries[0], ())]

    return work


def starts_slowly() -> Work:
    time.sleep(START_S + 0.5)
    return deadly()


def never_starts() -> Work:
    os._exit(1)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    stage = Sandbox(partial(ChildProcess, deadly))
    yield stage
    stage.close()


async def test_a_delivery_that_kills_raises_or_eats_memory_is_refused_and_no_other(
    sandbox: Sandbox,
) -> None:
    results = [await sandbox.run(arrived(n)) for n in (1, KILLS, 2, RAISES, EATS, 7)]
    assert [r.reason if isinstance(r, DeliveryRefused) else None for r in results] == [
        None,
        Refusal.RECEIVER_FAILED,
        None,
        Refusal.RECEIVER_FAILED,
        Refusal.RECEIVER_FAILED,
        None,
    ]


async def test_a_delivery_that_does_not_end_is_refused(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sandbox.run(arrived(1))
    for what, limit in ((HANGS, "ANSWER_MOST_S"), (COMPUTES, "ANSWER_S")):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, 0.2)
            result = await sandbox.run(arrived(what))
        assert isinstance(result, DeliveryRefused)
        assert result.reason is Refusal.RECEIVER_FAILED


async def test_a_delivery_that_waits_for_the_processor_is_not_refused(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the clock passes and the child gets no CPU time."""
    await sandbox.run(arrived(1))
    monkeypatch.setattr(module, "ANSWER_S", 0.2)
    assert isinstance(await sandbox.run(arrived(WAITS)), Prepared)


async def test_a_child_that_starts_slowly_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_S", START_S)
    stage = Sandbox(partial(ChildProcess, starts_slowly))
    assert isinstance(await stage.run(arrived(1)), Prepared)
    stage.close()


async def test_a_lane_that_waits_for_a_child_makes_progress(sandbox: Sandbox) -> None:
    assert sandbox.progressed(0) == -math.inf
    running = asyncio.create_task(sandbox.run(arrived(1)))
    await asyncio.sleep(0)
    began = perf_counter()
    assert sandbox.progressed(0) >= began
    assert sandbox.progressed(1) == -math.inf
    await running
    assert began < sandbox.progressed(0) <= perf_counter()
    assert sandbox.progressed(0) == sandbox.progressed(0)


async def test_envelopes_are_read_there_too(sandbox: Sandbox) -> None:
    records = [
        SourceRecord(
            topic_index=0, partition=0, offset=1, received_at=0, key=None, value=b"garbage"
        ),
        SourceRecord(topic_index=0, partition=0, offset=2, received_at=0, key=None, value=None),
    ]
    found = [await sandbox.run(record) for record in records]
    assert [r.reason for r in found if isinstance(r, DeliveryRefused)] == [Refusal.UNDECODABLE] * 2
    assert [r.source for r in found] == records


async def test_a_child_that_does_not_start_refuses_nobody() -> None:
    stage = Sandbox(partial(ChildProcess, never_starts))
    with pytest.raises(LaneError, match="did not start"):
        await stage.run(arrived(1))
    stage.close()


class Dying:
    """A child that dies so often, of any delivery."""

    def __init__(self, deaths: list[int]) -> None:
        self._deaths = deaths

    def run(self, what: Any) -> Any:
        if self._deaths[0] > 0:
            self._deaths[0] -= 1
            raise EOFError
        return Prepared(what, ())

    def stop(self) -> None:
        pass


@pytest.mark.parametrize(("deaths", "kind"), [(1, Prepared), (2, DeliveryRefused)])
async def test_one_death_of_the_child_refuses_nobody_two_do(deaths: int, kind: type) -> None:
    left = [deaths]
    stage = Sandbox(lambda: Dying(left))
    result = await stage.run(arrived(1))
    assert isinstance(result, kind)
    stage.close()
