"""Kill and restart the broker during a transaction or an opening (``make directed``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.harness.breakpoints import Action
from tests.faults.harness.cluster import Stack, wait_until
from tests.faults.scenarios.directed import OPENING
from tests.faults.scenarios.scenario import check_scenario, running_scenario

STEPS = (3, 4, 6, 7)
"""Before anything is sent, after the records, after the offsets, and after the commit's answer."""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run a stack for this module alone: a failed test may leave a dead broker."""
    stack = Stack(tmp_path_factory.mktemp("broker") / "stack")
    asyncio.run(stack.start())
    yield stack
    asyncio.run(stack.stop())


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="aiokafka")


async def test_a_broker_killed_in_the_midst_of_a_transaction(stack: Stack, tmp_path: Path) -> None:
    async with running_scenario(stack, tmp_path, "a", "b") as scenario:
        for step in STEPS:
            await scenario.send_until_hit("a", str(step), Action.STALL)
            await stack.kill_broker()
            await stack.start()
            scenario.cluster.breakpoints.release("a")
            await scenario.send_everywhere()
            assert await scenario.answered(), f"step {step}"
    assert (await check_scenario(stack, scenario)).messages == []


async def test_a_broker_killed_while_lanes_are_being_opened(stack: Stack, tmp_path: Path) -> None:
    async with running_scenario(stack, tmp_path, "a") as scenario:
        for place in OPENING:
            stalled = scenario.set_breakpoint("a", place, Action.STALL)
            await scenario.cluster.join("b")
            await stalled()
            await stack.kill_broker()
            # The worker resumes without a broker, and must notice by itself that it cannot open.
            scenario.cluster.breakpoints.release("a")
            await stack.start()
            await scenario.send_everywhere()
            assert await scenario.answered(), place
            scenario.cluster.leave("b")
            await wait_until(lambda: not scenario.cluster.workers["b"].alive)
            await scenario.send_everywhere()
            assert await scenario.answered(), place
    assert (await check_scenario(stack, scenario)).messages == []
