"""A broker that is killed in the midst of a transaction or an opening, and comes back.

Played exactly; ``make directed``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.harness.breakpoints import Action
from tests.faults.harness.cluster import Stack, until
from tests.faults.scenarios.directed import OPENING
from tests.faults.scenarios.scenario import judge, play

STEPS = (3, 4, 6, 7)
"""Before anything is sent, with records sent, with offsets sent, and with the commit answered."""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One of our own: a test that fails half way leaves a dead broker."""
    stack = Stack(tmp_path_factory.mktemp("broker") / "stack")
    asyncio.run(stack.start())
    yield stack
    asyncio.run(stack.stop())


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="aiokafka")


async def test_a_broker_killed_in_the_midst_of_a_transaction(stack: Stack, tmp_path: Path) -> None:
    async with play(stack, tmp_path, "a", "b") as scene:
        for step in STEPS:
            await scene.come_to("a", str(step), Action.STALL)
            await stack.kill_broker()
            await stack.start()
            scene.cluster.orders.let_go("a")
            await scene.send_everywhere()
            assert await scene.answered(), f"step {step}"
    assert (await judge(stack, scene)).told == []


async def test_a_broker_killed_while_lanes_are_being_opened(stack: Stack, tmp_path: Path) -> None:
    async with play(stack, tmp_path, "a") as scene:
        for place in OPENING:
            stalled = scene.expect("a", place, Action.STALL)
            await scene.cluster.join("b")
            await stalled()
            await stack.kill_broker()
            # It goes on without a broker: nobody but itself could notice that it never opens.
            scene.cluster.orders.let_go("a")
            await stack.start()
            await scene.send_everywhere()
            assert await scene.answered(), place
            scene.cluster.leave("b")
            await until(lambda: not scene.cluster.workers["b"].alive)
            await scene.send_everywhere()
            assert await scene.answered(), place
    assert (await judge(stack, scene)).told == []
