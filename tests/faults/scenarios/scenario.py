"""A small play on its own: fresh topics, some workers, a driver, and the checker at its end."""

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
from tests.faults.harness.breakpoints import Action, Hit, Order
from tests.faults.harness.check import READ, Findings, check, secret_of
from tests.faults.harness.cluster import Cluster, Stack, until
from tests.faults.harness.load import Driver
from tests.faults.harness.plan import Unit
from tests.faults.harness.read import read_everything
from tests.support.poll import HANGING_S
from tests.support.stack import fresh_topics

_numbers = count(1)


class Scene:
    """What a test plays with."""

    def __init__(self, cluster: Cluster, driver: Driver) -> None:
        self.cluster, self.driver = cluster, driver

    def units_of(self, lane: int) -> list[Unit]:
        """The units whose deliveries go to a lane."""
        return [u for u in self.driver.load.units if partition_of(u.org_nr) == lane]

    async def send_everywhere(self) -> None:
        """A delivery of one unit in each lane, confirmed by the broker."""
        for lane in range(PARTITIONS):
            await self.send_to(lane)

    async def send_to(self, lane: int, count: int = 1) -> None:
        """So many deliveries of one unit of a lane, confirmed by the broker."""
        await self.driver.send(count, unit=self.units_of(lane)[0])
        await self.driver.confirmed()

    async def answered(self, lane: int | None = None, *, within_s: float = HANGING_S) -> bool:
        """Whether everything sent so far (to a lane) is answered in time."""
        places = self.driver.places()
        wanted = [place for place in places if lane is None or place[1] == lane]
        return await self.cluster.until_answered(wanted, within_s)

    async def come_to(
        self, instance: str, place: str, action: Action, *, alone: bool = False
    ) -> Hit:
        """Give a worker an order and send until it has carried it out. ``alone``: no other lane
        has anything in flight then."""
        orders = self.cluster.orders
        before = len(orders.hits())
        orders.give(instance, Order(place, action))

        def hits() -> list[Hit]:
            return [h for h in orders.hits()[before:] if h.instance == instance]

        async def send_until_hit() -> None:
            for lane in cycle(range(PARTITIONS)):
                await self.send_to(lane)
                if alone and not hits():
                    answered = asyncio.create_task(self.answered(lane))
                    await until(lambda: hits() or answered.done())  # noqa: B023 - of this round
                    answered.cancel()
                    await asyncio.wait((answered,))
                if hits():
                    return

        await asyncio.wait_for(send_until_hit(), HANGING_S)
        return hits()[0]

    def expect(
        self, instance: str, place: str, action: Action, lane: int | None = None
    ) -> Callable[[], Coroutine[Any, Any, Hit]]:
        """Give a worker an order; what is returned waits until it has been carried out."""
        orders = self.cluster.orders
        before = len(orders.hits())
        orders.give(instance, Order(place, action, lane))

        async def hit() -> Hit:
            def hits() -> list[Hit]:
                return [h for h in orders.hits()[before:] if h.instance == instance]

            await until(hits)
            return hits()[0]

        return hit


@asynccontextmanager
async def play(
    stack: Stack,
    folder: Path,
    *instances: str,
    seed: int = 1,
    switched_off: str = "",
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Scene]:
    """Workers that serve every lane, on topics that are empty but for a first delivery each.
    ``settings`` are variables of the workers."""
    await asyncio.to_thread(fresh_topics, stack.settings)
    app_id = f"kpr-hst-play-{next(_numbers)}"
    cluster = Cluster(stack, folder, app_id=app_id, switched_off=switched_off, settings=settings)
    driver = Driver(stack.settings, seed)
    async with driver.connected(), cluster.running(*instances):
        scene = Scene(cluster, driver)
        await scene.send_everywhere()
        assert not instances or await scene.answered()
        yield scene


async def judge(stack: Stack, scene: Scene) -> Findings:
    """The checker's verdict on a play that is over."""
    written = await asyncio.to_thread(read_everything, stack.access, READ)
    return check(scene.driver.book, written, secret_of(stack.settings.home / KEYRING_FILE))
