"""Run the real worker with breakpoints, and with its broker connections through a proxy.

``python -m tests.faults.harness.worker``, with the environment variables below.
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
from tests.faults.harness.breakpoints import Breakpoints
from tests.faults.harness.columns import ColumnNotes, Columns, hook_columns
from tests.faults.harness.route import ROUTE, route_through_proxy
from tests.faults.mutations.switches import replace, switch_off

BREAKPOINTS: Final = "FAULTS_BREAKPOINTS"
"""The folder of breakpoints."""
COLUMNS: Final = "FAULTS_COLUMNS"
"""How batches are decided: see ``columns.py``."""
SWITCH_OFF: Final = "FAULTS_SWITCH_OFF"
"""Protections to switch off, separated by commas."""


def main() -> None:
    """Serve until asked to stop."""
    settings = Settings()
    breakpoints = Breakpoints(Path(os.environ[BREAKPOINTS]))
    breakpoints.restore_full_disk(settings.instance)
    route_through_proxy(os.environ.get(ROUTE, ""))
    for protection in filter(None, os.environ.get(SWITCH_OFF, "").split(",")):
        switch_off(protection)
    hook_opening(breakpoints, settings.instance)
    hook_columns(Columns(os.environ[COLUMNS]), ColumnNotes(breakpoints.folder))

    async def after_step(lane: int, step: int) -> None:
        await breakpoints.reach(settings.instance, lane, str(step))

    try:
        run_worker(settings, after_step=after_step)
    except KprError as error:
        end_with(error)


def hook_opening(breakpoints: Breakpoints, instance: str) -> None:
    """Add breakpoints to a lane's opening: before and after its fence, and once caught up."""
    fence, catch_up = LaneProducer.fence, OutputReader.catch_up

    async def hooked_fence(producer: LaneProducer) -> None:
        await breakpoints.reach(instance, producer._lane, "before-fence")
        await fence(producer)
        await breakpoints.reach(instance, producer._lane, "after-fence")

    async def hooked_catch_up(
        reader: OutputReader, ledgers: Mapping[int, Ledger], **more: Any
    ) -> None:
        await catch_up(reader, ledgers, **more)
        for lane in ledgers:
            await breakpoints.reach(instance, lane, "caught-up")

    replace(LaneProducer.fence, hooked_fence)
    replace(OutputReader.catch_up, hooked_catch_up)


if __name__ == "__main__":
    main()
