"""A worker under test: the real one, with a hook after each step and its way to the broker led
through a proxy. ``python -m tests.faults.harness.worker``; see the variables below.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kpr_stream.cli import end_with
from kpr_stream.errors import KprError
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.output_reader import OutputReader
from kpr_stream.processor.adapters.producer import LaneProducer
from kpr_stream.processor.worker.main import run_worker
from kpr_stream.settings import Settings
from tests.faults.harness.breakpoints import Orders
from tests.faults.harness.route import ROUTE, lead_through
from tests.faults.mutations.switches import put, switch_off

ORDERS: Final = "FAULTS_ORDERS"
"""The folder of orders."""
SWITCH_OFF: Final = "FAULTS_SWITCH_OFF"
"""Names of protections to be switched off, with commas between."""


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    orders = Orders(Path(os.environ[ORDERS]))
    orders.find_disk_full(settings.instance)
    lead_through(os.environ.get(ROUTE, ""))
    for protection in filter(None, os.environ.get(SWITCH_OFF, "").split(",")):
        switch_off(protection)
    hook_opening(orders, settings.instance)

    async def after_step(lane: int, step: int) -> None:
        await orders.obey(settings.instance, lane, str(step))

    try:
        run_worker(settings, after_step=after_step)
    except KprError as error:
        end_with(error)


def hook_opening(orders: Orders, instance: str) -> None:
    """Places in the opening of a lane: before and after its fence, and when it is caught up."""
    fence, catch_up = LaneProducer.fence, OutputReader.catch_up

    async def hooked_fence(producer: LaneProducer) -> None:
        await orders.obey(instance, producer._lane, "before-fence")
        await fence(producer)
        await orders.obey(instance, producer._lane, "after-fence")

    async def hooked_catch_up(
        reader: OutputReader, ledgers: Mapping[int, Ledger], **more: Any
    ) -> None:
        await catch_up(reader, ledgers, **more)
        for lane in ledgers:
            await orders.obey(instance, lane, "caught-up")

    put(LaneProducer, "fence", hooked_fence)
    put(OutputReader, "catch_up", hooked_catch_up)


if __name__ == "__main__":
    main()
