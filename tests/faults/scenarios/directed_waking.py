"""A worker that wakes up inside a step of its transaction, when its lanes are another's already.

Played exactly; ``make directed``.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from tests.faults.harness.breakpoints import Action
from tests.faults.harness.cluster import Stack, until
from tests.faults.harness.restarting_process import Kept
from tests.faults.scenarios.scenario import judge, play

DELAY_S = 1.5
"""Long enough to be met in the midst of a step, short enough for heartbeats to go on."""
ASLEEP_S = 14.0
"""Longer than a step may take: on waking it has timed out."""
ROUNDS = 2

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="aiokafka")


def settled(worker: Kept) -> int:
    """How often it has found out where it stands: it has ended, or lanes were given to it."""
    return worker.ends.total() + worker.log.read_text("utf-8").count("are open after")


async def test_a_worker_that_wakes_to_a_timeout_leaves_the_new_owner_alone(
    stack: Stack, tmp_path: Path
) -> None:
    async with play(stack, tmp_path, "a", "b") as scene:
        a, b = (scene.cluster.workers[name] for name in ("a", "b"))
        for _ in range(ROUNDS):
            # One lane alone is in the midst of a step, and waits for the broker there.
            hit = await scene.come_to("a", "3", Action.STALL, alone=True)
            a.proxy.delay_s = DELAY_S
            scene.cluster.orders.let_go("a")
            await asyncio.sleep(DELAY_S / 2)
            a.freeze()
            # What it waits for never comes: its connections are gone when it wakes.
            a.proxy.cut()
            asleep = asyncio.create_task(asyncio.sleep(ASLEEP_S))
            assert await scene.answered(hit.lane)
            await asleep
            before = settled(a)
            a.proxy.heal()
            a.thaw()
            # Nothing is sent meanwhile: a fence met elsewhere would end it in time.
            await until(lambda: settled(a) > before)  # noqa: B023 - of this round
            await scene.send_everywhere()
            assert await scene.answered()
            assert b.ends == {}, "the new owner was fenced by the old one"
    assert (await judge(stack, scene)).told == []
