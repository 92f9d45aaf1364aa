"""Run a directed scenario: fresh topics, some workers, a driver, and the checker at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from itertools import count, cycle
from pathlib import Path
from typing import Any

from kpr_stream.home import KEYRING_FILE
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from tests.faults.harness.breakpoints import Action, Breakpoint, Hit
from tests.faults.harness.check import READ, Findings, check, secret_of
from tests.faults.harness.cluster import Cluster, Stack, wait_until
from tests.faults.harness.load import Driver
from tests.faults.harness.plan import Unit
from tests.faults.harness.read import read_everything
from tests.support.poll import HANGING_S
from tests.support.stack import fresh_topics

_numbers = count(1)


class Scenario:
    """The workers and the driver of one scenario."""

    def __init__(self, cluster: Cluster, driver: Driver) -> None:
        self.cluster, self.driver = cluster, driver

    def units_of(self, lane: int) -> list[Unit]:
        """Return the units whose deliveries go to a lane."""
        return [u for u in self.driver.load.units if partition_of(u.org_nr) == lane]

    async def send_everywhere(self) -> None:
        """Send a delivery of one unit in each lane; return once the broker has confirmed them."""
        for lane in range(PARTITIONS):
            await self.send_to(lane)

    async def send_to(self, lane: int, count: int = 1) -> None:
        """Send deliveries of one unit of a lane; return once the broker has confirmed them."""
        await self.driver.send(count, unit=self.units_of(lane)[0])
        await self.driver.confirmed()

    async def answered(self, lane: int | None = None, *, within_s: float = HANGING_S) -> bool:
        """Return whether everything sent so far (to a lane, or to all) is answered in time."""
        places = self.driver.last_positions()
        wanted = [place for place in places if lane is None or place[1] == lane]
        return await self.cluster.wait_until_answered(wanted, within_s)

    async def send_until_hit(
        self, instance: str, place: str, action: Action, *, alone: bool = False
    ) -> Hit:
        """Set a worker's breakpoint and send deliveries until the worker has reached it.

        ``alone``: no other lane has anything in flight then.
        """
        breakpoints = self.cluster.breakpoints
        before = len(breakpoints.hits())
        breakpoints.set(instance, Breakpoint(place, action))

        def hits() -> list[Hit]:
            return [h for h in breakpoints.hits()[before:] if h.instance == instance]

        async def send_until_hit() -> None:
            for lane in cycle(range(PARTITIONS)):
                await self.send_to(lane)
                if alone and not hits():
                    answered = asyncio.create_task(self.answered(lane))
                    await wait_until(lambda: hits() or answered.done())  # noqa: B023 - of this round
                    answered.cancel()
                    await asyncio.wait((answered,))
                if hits():
                    return

        await asyncio.wait_for(send_until_hit(), HANGING_S)
        return hits()[0]

    def set_breakpoint(
        self, instance: str, place: str, action: Action, lane: int | None = None
    ) -> Callable[[], Coroutine[Any, Any, Hit]]:
        """Set a worker's breakpoint. The returned function waits until it is reached."""
        breakpoints = self.cluster.breakpoints
        before = len(breakpoints.hits())
        breakpoints.set(instance, Breakpoint(place, action, lane))

        async def hit() -> Hit:
            def hits() -> list[Hit]:
                return [h for h in breakpoints.hits()[before:] if h.instance == instance]

            await wait_until(hits)
            return hits()[0]

        return hit


@asynccontextmanager
async def running_scenario(
    stack: Stack,
    folder: Path,
    *instances: str,
    seed: int = 1,
    switched_off: str = "",
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Scenario]:
    """Run workers that serve every lane, on topics with one delivery in each lane.

    ``settings`` are environment variables of the workers.
    """
    await asyncio.to_thread(fresh_topics, stack.settings)
    app_id = f"kpr-hst-play-{next(_numbers)}"
    cluster = Cluster(stack, folder, app_id=app_id, switched_off=switched_off, settings=settings)
    driver = Driver(stack.settings, seed)
    async with driver.connected(), cluster.running(*instances):
        scenario = Scenario(cluster, driver)
        await scenario.send_everywhere()
        assert not instances or await scenario.answered()
        yield scenario


async def check_scenario(stack: Stack, scenario: Scenario) -> Findings:
    """Check everything that a finished scenario has sent and written."""
    written = await asyncio.to_thread(read_everything, stack.access, READ)
    return check(scenario.driver.sent_log, written, secret_of(stack.settings.home / KEYRING_FILE))
