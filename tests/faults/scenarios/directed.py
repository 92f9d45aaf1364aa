"""Play faults that random runs rarely meet, each one exactly, and check the outcome."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

import pytest

from kpr_stream.model.topics import PARTITIONS
from tests.faults.harness.breakpoints import Action
from tests.faults.harness.cluster import Stack, wait_until
from tests.faults.harness.plan import LARGE_ITEMS
from tests.faults.scenarios.faults import COMMIT_STEPS, OVERSIZED_BYTES, report
from tests.faults.scenarios.scenario import Scenario, check_scenario, running_scenario

ENDED_FENCED: Final = 70
ENDED_BY_THE_TIMER: Final = 1
TIMER_RAN_OUT: Final = "Timeout (0:"
"""How the timer's traceback begins in the log of the worker."""
LAST_OPEN_STEP: Final = 6
"""The last step of a commit at which its transaction is still open."""
OPENING = ("before-fence", "after-fence", "caught-up")

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("directed") / "stack")
    asyncio.run(stack.start())
    yield stack
    asyncio.run(stack.stop())


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="aiokafka")


async def resume_as_zombie(scenario: Scenario, instance: str) -> None:
    """Resume a frozen worker that has lost its lanes, and wait until all lanes are served again."""
    scenario.cluster.thaw(instance)
    await scenario.send_everywhere()
    assert await scenario.answered()


def has_ended(scenario: Scenario, instance: str, known: Counter[int]) -> bool:
    return bool(+(scenario.cluster.workers[instance].exit_codes - known))


async def meets_the_fence(scenario: Scenario, step: int) -> bool:
    """Freeze a worker at a step and resume it as a zombie; False if its own timer ended it first.

    The timer counts while the worker is frozen. On a slow machine it can run out before another
    worker has taken over, and then the fence was not tried.
    """
    worker = scenario.cluster.workers["a"]
    hit = await scenario.send_until_hit("a", str(step), Action.STOP)
    known = Counter(worker.exit_codes)
    await scenario.send_to(hit.lane, 3)
    assert await scenario.answered(hit.lane), f"step {step}: nobody took lane {hit.lane} over"
    await resume_as_zombie(scenario, "a")
    if step <= LAST_OPEN_STEP:
        await wait_until(partial(has_ended, scenario, "a", known))
    await wait_until(lambda: worker.alive)
    return worker.exit_codes[ENDED_BY_THE_TIMER] == known[ENDED_BY_THE_TIMER]


async def test_a_zombie_continued_after_the_new_owners_fence_changes_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    async with running_scenario(stack, tmp_path, "a", "b") as scenario:
        worker = scenario.cluster.workers["a"]
        for step in COMMIT_STEPS:
            fenced = worker.exit_codes[ENDED_FENCED]
            while not await meets_the_fence(scenario, step):
                pass
            if step <= LAST_OPEN_STEP:
                # The worker had an open transaction, so being fenced must have ended it.
                assert worker.exit_codes[ENDED_FENCED] > fenced, f"step {step}"
        # Python ends with this code after an error too: each must be the timer's.
        timers = (tmp_path / "a.log").read_text("utf-8").count(TIMER_RAN_OUT)
        assert timers == worker.exit_codes[ENDED_BY_THE_TIMER]
    assert (await check_scenario(stack, scenario)).messages == []


async def test_a_zombie_continued_just_before_the_fence_changes_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    async with running_scenario(stack, tmp_path, "a", "b") as scenario:
        for step in (2, 4, 5, 6, 7):
            hit = await scenario.send_until_hit("a", str(step), Action.STOP)
            await scenario.set_breakpoint("b", "before-fence", Action.STALL, hit.lane)()
            scenario.cluster.thaw("a")
            # The worker is not fenced yet, so it may complete its transaction.
            await scenario.answered(hit.lane, within_s=5)
            scenario.cluster.breakpoints.release("b")
            await scenario.send_everywhere()
            assert await scenario.answered(), f"step {step}"
            await wait_until(lambda: scenario.cluster.workers["a"].alive)
    assert (await check_scenario(stack, scenario)).messages == []


async def test_a_worker_killed_between_commit_and_remember(stack: Stack, tmp_path: Path) -> None:
    async with running_scenario(stack, tmp_path, "a", "b") as scenario:
        for _ in range(2):
            hit = await scenario.send_until_hit("a", "7", Action.KILL)
            await scenario.send_to(hit.lane, 3)
            assert await scenario.answered()
    assert (await check_scenario(stack, scenario)).messages == []


async def test_a_revoke_during_an_opening(stack: Stack, tmp_path: Path) -> None:
    async with running_scenario(stack, tmp_path, "a") as scenario:
        for place in OPENING:
            stalled = scenario.set_breakpoint("a", place, Action.STALL)
            await scenario.cluster.join(
                "b"
            )  # the first opening that the rebalance brings is stalled
            await stalled()
            await scenario.cluster.join("c")
            await scenario.send_everywhere()
            # The third worker's joining cancels the stalled opening, which is never released.
            assert await scenario.answered(), place
            for name in ("b", "c"):
                scenario.cluster.leave(name)
            await wait_until(lambda: not any(scenario.cluster.workers[n].alive for n in ("b", "c")))
            await scenario.send_everywhere()
            assert await scenario.answered(), place
    assert (await check_scenario(stack, scenario)).messages == []


async def test_a_lost_answer_to_the_commit(stack: Stack, tmp_path: Path) -> None:
    async with running_scenario(stack, tmp_path, "a", "b") as scenario:
        proxy = scenario.cluster.workers["a"].proxy
        for _ in range(3):
            proxy.lose_next_commit_answer = True
            while proxy.lose_next_commit_answer:
                await scenario.send_everywhere()
            await scenario.send_everywhere()
            assert await scenario.answered()
    assert (await check_scenario(stack, scenario)).messages == []


async def test_a_worker_that_holds_the_interpreters_lock_is_ended_and_replaced(
    stack: Stack, tmp_path: Path
) -> None:
    async with running_scenario(stack, tmp_path, "a", "b") as scenario:
        hit = await scenario.send_until_hit("a", "5", Action.HOLD)
        await scenario.send_to(hit.lane, 3)
        assert await scenario.answered(hit.lane)
        ends = scenario.cluster.workers["a"].exit_codes
        # No signal handler and no Python thread can end this process: only the timer in C can.
        await wait_until(lambda: ends[ENDED_BY_THE_TIMER] == 1)
        await scenario.send_everywhere()
        assert await scenario.answered()
    assert (await check_scenario(stack, scenario)).messages == []


async def test_a_hung_loop_is_replaced(stack: Stack, tmp_path: Path) -> None:
    async with running_scenario(stack, tmp_path, "a", "b") as scenario:
        hit = await scenario.send_until_hit("a", "5", Action.HANG)
        began = monotonic()
        await scenario.send_to(hit.lane, 3)
        assert await scenario.answered(hit.lane)
        report(f"a hung loop was replaced after {monotonic() - began:.1f} s")
        await wait_until(lambda: scenario.cluster.workers["a"].exit_codes[ENDED_FENCED] == 1)
    assert (await check_scenario(stack, scenario)).messages == []


async def test_workers_with_static_membership(stack: Stack, tmp_path: Path) -> None:
    """Kill, stop and freeze workers: a new process of the same name fences the old one."""
    static = {"KPR_STATIC_MEMBERSHIP": "true"}
    async with running_scenario(stack, tmp_path, "a", "b", settings=static) as scenario:
        for step in (4, 7):
            await scenario.send_until_hit("a", str(step), Action.KILL)
            await scenario.send_everywhere()
            assert await scenario.answered(), f"killed at step {step}"
        scenario.cluster.leave("a")
        await wait_until(lambda: not scenario.cluster.workers["a"].alive)
        await scenario.cluster.join("a")
        await scenario.send_everywhere()
        assert await scenario.answered()
        hit = await scenario.send_until_hit("b", "6", Action.STOP)
        await scenario.send_to(hit.lane, 2)
        assert await scenario.answered(hit.lane)
        await resume_as_zombie(scenario, "b")
        # Meanwhile the group has evicted this member, so its name belongs to no process.
        await wait_until(lambda: scenario.cluster.workers["b"].alive)
    assert (await check_scenario(stack, scenario)).messages == []


async def test_an_output_the_broker_refuses_stops_its_lane_alone(
    stack: Stack, tmp_path: Path
) -> None:
    async with running_scenario(stack, tmp_path, "a") as scenario:
        stack.limit_batches(OVERSIZED_BYTES)
        try:
            stopped_lane = 3
            unit = scenario.units_of(stopped_lane)[0]
            await scenario.driver.send_planned(scenario.driver.load.large(unit, LARGE_ITEMS))
            await scenario.driver.confirmed()
            for _ in range(3):
                for lane in set(range(PARTITIONS)) - {stopped_lane}:
                    await scenario.send_to(lane)
                    assert await scenario.answered(lane)
            assert not await scenario.answered(stopped_lane, within_s=2)
            assert scenario.cluster.workers["a"].exit_codes == {}
        finally:
            stack.limit_batches()
        assert await scenario.answered()
    assert (await check_scenario(stack, scenario)).messages == []
