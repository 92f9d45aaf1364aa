"""A projector that dies at a step: ``python -m tests.integration.killed_projector STEP``.

The rest is the real projector, in the home that KPR_HOME names. 0: a round that has done nothing.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time

from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import Role
from kpr_stream.projector.partitions import Projections
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def run(deadly: int) -> None:
    async def after_step(_: int, step: int) -> None:
        if step == deadly:
            die()

    projections = Projections(
        kafka_access(Settings(), Role.PROJECTOR),
        load_reference(),
        now_ms=lambda: round(time.time() * 1000),
        after_step=after_step,
    )
    await projections.open()
    if deadly == 0:
        die()
    while True:
        await projections.round()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])))
