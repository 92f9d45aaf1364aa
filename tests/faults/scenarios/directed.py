"""Faults that chance is too weak for: each one played exactly, each judged by the checker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

import pytest

from kpr_stream.model.topics import PARTITIONS
from tests.faults.harness.breakpoints import Action
from tests.faults.harness.cluster import Stack, until
from tests.faults.harness.plan import LARGE_ITEMS
from tests.faults.scenarios.faults import COMMIT_STEPS, OVERSIZED_BYTES, say
from tests.faults.scenarios.scenario import Scene, judge, play

ENDED_FENCED: Final = 70
ENDED_BY_THE_TIMER: Final = 1
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


async def go_on_as_zombie(scene: Scene, instance: str) -> None:
    """Continue a frozen worker that has lost its lanes, and wait until it is of use again."""
    scene.cluster.thaw(instance)
    await scene.send_everywhere()
    assert await scene.answered()


def was_fenced(scene: Scene, instance: str, known: int) -> bool:
    return scene.cluster.workers[instance].ends[ENDED_FENCED] > known


async def test_a_zombie_continued_after_the_new_owners_fence_changes_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    async with play(stack, tmp_path, "a", "b") as scene:
        for step in COMMIT_STEPS:
            hit = await scene.come_to("a", str(step), Action.STOP)
            ends = scene.cluster.workers["a"].ends[ENDED_FENCED]
            await scene.send_to(hit.lane, 3)
            assert await scene.answered(hit.lane), f"step {step}: nobody took lane {hit.lane} over"
            await go_on_as_zombie(scene, "a")
            if step <= 6:
                # It had a transaction to carry through: being fenced must have ended it.
                await until(partial(was_fenced, scene, "a", ends))
            await until(lambda: scene.cluster.workers["a"].alive)
    assert (await judge(stack, scene)).told == []


async def test_a_zombie_continued_just_before_the_fence_changes_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    async with play(stack, tmp_path, "a", "b") as scene:
        for step in (2, 4, 5, 6, 7):
            hit = await scene.come_to("a", str(step), Action.STOP)
            await scene.expect("b", "before-fence", Action.STALL, hit.lane)()
            scene.cluster.thaw("a")
            # Nobody has fenced it: what it had begun it may well bring to its end.
            await scene.answered(hit.lane, within_s=5)
            scene.cluster.orders.let_go("b")
            await scene.send_everywhere()
            assert await scene.answered(), f"step {step}"
            await until(lambda: scene.cluster.workers["a"].alive)
    assert (await judge(stack, scene)).told == []


async def test_a_worker_killed_between_commit_and_remember(stack: Stack, tmp_path: Path) -> None:
    async with play(stack, tmp_path, "a", "b") as scene:
        for _ in range(2):
            hit = await scene.come_to("a", "7", Action.KILL)
            await scene.send_to(hit.lane, 3)
            assert await scene.answered()
    assert (await judge(stack, scene)).told == []


async def test_a_revoke_during_an_opening(stack: Stack, tmp_path: Path) -> None:
    async with play(stack, tmp_path, "a") as scene:
        for place in OPENING:
            stalled = scene.expect("a", place, Action.STALL)
            await scene.cluster.join("b")  # the first opening that the rebalance brings is stalled
            await stalled()
            await scene.cluster.join("c")
            await scene.send_everywhere()
            # The third worker's joining cancels it; nobody lets the stalled opening go.
            assert await scene.answered(), place
            for name in ("b", "c"):
                scene.cluster.leave(name)
            await until(lambda: not any(scene.cluster.workers[n].alive for n in ("b", "c")))
            await scene.send_everywhere()
            assert await scene.answered(), place
    assert (await judge(stack, scene)).told == []


async def test_a_lost_answer_to_the_commit(stack: Stack, tmp_path: Path) -> None:
    async with play(stack, tmp_path, "a", "b") as scene:
        proxy = scene.cluster.workers["a"].proxy
        for _ in range(3):
            proxy.lose_next_commit_answer = True
            while proxy.lose_next_commit_answer:
                await scene.send_everywhere()
            await scene.send_everywhere()
            assert await scene.answered()
    assert (await judge(stack, scene)).told == []


async def test_a_worker_that_holds_the_interpreters_lock_is_ended_and_replaced(
    stack: Stack, tmp_path: Path
) -> None:
    async with play(stack, tmp_path, "a", "b") as scene:
        hit = await scene.come_to("a", "5", Action.HOLD)
        await scene.send_to(hit.lane, 3)
        assert await scene.answered(hit.lane)
        ends = scene.cluster.workers["a"].ends
        # No signal handler and no thread of Python could have ended it: only the timer in C.
        await until(lambda: ends[ENDED_BY_THE_TIMER] == 1)
        await scene.send_everywhere()
        assert await scene.answered()
    assert (await judge(stack, scene)).told == []


async def test_a_hung_loop_is_replaced(stack: Stack, tmp_path: Path) -> None:
    async with play(stack, tmp_path, "a", "b") as scene:
        hit = await scene.come_to("a", "5", Action.HANG)
        began = monotonic()
        await scene.send_to(hit.lane, 3)
        assert await scene.answered(hit.lane)
        say(f"a hung loop was replaced after {monotonic() - began:.1f} s")
        await until(lambda: scene.cluster.workers["a"].ends[ENDED_FENCED] == 1)
    assert (await judge(stack, scene)).told == []


async def test_workers_with_static_membership(stack: Stack, tmp_path: Path) -> None:
    """Killed, ended and frozen: who comes back under the same name fences who was there before."""
    static = {"KPR_STATIC_MEMBERSHIP": "true"}
    async with play(stack, tmp_path, "a", "b", settings=static) as scene:
        for step in (4, 7):
            await scene.come_to("a", str(step), Action.KILL)
            await scene.send_everywhere()
            assert await scene.answered(), f"killed at step {step}"
        scene.cluster.leave("a")
        await until(lambda: not scene.cluster.workers["a"].alive)
        await scene.cluster.join("a")
        await scene.send_everywhere()
        assert await scene.answered()
        hit = await scene.come_to("b", "6", Action.STOP)
        await scene.send_to(hit.lane, 2)
        assert await scene.answered(hit.lane)
        await go_on_as_zombie(scene, "b")
        # The group has lost it meanwhile, and knows its name as that of nobody.
        await until(lambda: scene.cluster.workers["b"].alive)
    assert (await judge(stack, scene)).told == []


async def test_an_output_the_broker_refuses_stops_its_lane_alone(
    stack: Stack, tmp_path: Path
) -> None:
    async with play(stack, tmp_path, "a") as scene:
        stack.limit_batches(OVERSIZED_BYTES)
        try:
            standing = 3
            unit = scene.units_of(standing)[0]
            await scene.driver.send_planned(scene.driver.load.large(unit, LARGE_ITEMS))
            await scene.driver.confirmed()
            for _ in range(3):
                for lane in set(range(PARTITIONS)) - {standing}:
                    await scene.send_to(lane)
                    assert await scene.answered(lane)
            assert not await scene.answered(standing, within_s=2)
            assert scene.cluster.workers["a"].ends == {}
        finally:
            stack.limit_batches()
        assert await scene.answered()
    assert (await judge(stack, scene)).told == []
