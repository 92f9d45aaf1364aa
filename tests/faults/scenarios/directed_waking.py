"""Wake a worker inside a step of its transaction when another worker owns its lanes.

Run by ``make directed``.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from tests.faults.harness.breakpoints import Action
from tests.faults.harness.cluster import Stack, wait_until
from tests.faults.harness.restarting_process import RestartingProcess
from tests.faults.scenarios.scenario import check_scenario, running_scenario

DELAY_S = 1.5
"""Long enough to freeze the worker during a step, short enough for heartbeats to continue."""
ASLEEP_S = 14.0
"""Longer than a step may take, so that the step has timed out on waking."""
ROUNDS = 2

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="aiokafka")


def restarts_and_openings(worker: RestartingProcess) -> int:
    """Count how often the worker has ended or opened lanes: either shows it knows its state."""
    return worker.exit_codes.total() + worker.log.read_text("utf-8").count("are open after")


async def test_a_worker_that_wakes_to_a_timeout_leaves_the_new_owner_alone(
    stack: Stack, tmp_path: Path
) -> None:
    async with running_scenario(stack, tmp_path, "a", "b") as scenario:
        a, b = (scenario.cluster.workers[name] for name in ("a", "b"))
        for _ in range(ROUNDS):
            # Exactly one lane is inside a step, where it waits for the broker.
            hit = await scenario.send_until_hit("a", "3", Action.STALL, alone=True)
            a.proxy.delay_s = DELAY_S
            scenario.cluster.breakpoints.release("a")
            await asyncio.sleep(DELAY_S / 2)
            a.freeze()
            # The answer never comes, because the connections are cut when the worker wakes.
            a.proxy.cut()
            asleep = asyncio.create_task(asyncio.sleep(ASLEEP_S))
            assert await scenario.answered(hit.lane)
            await asleep
            before = restarts_and_openings(a)
            a.proxy.heal()
            a.thaw()
            # Send nothing meanwhile: a fence met in another lane would end the worker earlier.
            await wait_until(lambda: restarts_and_openings(a) > before)  # noqa: B023 - of this round
            await scenario.send_everywhere()
            assert await scenario.answered()
            assert b.exit_codes == {}, "the old owner has fenced the new one"
    assert (await check_scenario(stack, scenario)).messages == []
