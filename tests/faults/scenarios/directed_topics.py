"""Delete a topic under running workers and make it again (``make directed``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpr_stream.model.topics import CONSULTATION, RIGHTS, delivery_topic
from kpr_stream.model.words import System
from tests.faults.harness.cluster import Stack, wait_until
from tests.faults.scenarios.scenario import Scenario, check_scenario, running_scenario

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("topics") / "stack")
    asyncio.run(stack.start())
    yield stack
    asyncio.run(stack.stop())


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="aiokafka")


async def made_again(stack: Stack, scenario: Scenario, topic: str) -> None:
    """Make a topic again and wait until the worker has ended because of it."""
    known = scenario.cluster.ended_by_a_changed_topic()
    await asyncio.to_thread(stack.make_again, topic)
    await wait_until(lambda: scenario.cluster.ended_by_a_changed_topic() > known)
    log = scenario.cluster.workers["a"].log.read_text("utf-8")
    assert f"{topic}: made again" in log or f"{topic} was made again" in log
    assert "topics accept" in log


async def test_deliveries_below_the_old_position_are_answered(stack: Stack, tmp_path: Path) -> None:
    async with running_scenario(stack, tmp_path, "a") as scenario:
        unit = scenario.units_of(3)[0]
        topic = delivery_topic(System(unit.system))
        await scenario.send_to(3, 4)
        assert await scenario.answered()
        await asyncio.to_thread(stack.make_again, topic)
        scenario.driver.topic_made_again(unit.system)
        # Fewer than were there before: by offsets alone, all of them lie below the position.
        await scenario.send_to(3, 2)
        await wait_until(lambda: scenario.cluster.ended_by_a_changed_topic() > 0)
        assert not await scenario.answered(3, within_s=2)
        await scenario.cluster.accept_topic(topic)
        assert await scenario.answered()
        await scenario.send_everywhere()
        assert await scenario.answered()
    assert (await check_scenario(stack, scenario)).messages == []


async def test_an_output_topic_and_the_rights_made_again_stop_the_worker(
    stack: Stack, tmp_path: Path
) -> None:
    async with running_scenario(stack, tmp_path, "a") as scenario:
        for topic in (RIGHTS, CONSULTATION):
            await made_again(stack, scenario, topic)
            await scenario.cluster.accept_topic(topic)
            await scenario.send_everywhere()
            assert await scenario.answered(), topic
        log = scenario.cluster.workers["a"].log.read_text("utf-8")
        assert f"is of topics that were made again, and is read again: {CONSULTATION}" in log
