"""Run a night: `python -m tests.acceptance.night --seed 1 --faults 5 --folder FOLDER`.

The operator's lines come from standard input; `help` lists them. Everything that is asked and shown
is also written to `night.log` in the folder, with the seconds since the fault began.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from tests.acceptance.night.console import Console
from tests.acceptance.night.faults import FAULTS, Fault
from tests.acceptance.night.senders import Sender, reporting
from tests.acceptance.prometheus.watched import Watched, watched
from tests.integration.at_work import units_of_lane
from tests.support.stack import one_stack

GROUP: Final = "kpr-hst-night"
LANES: Final = range(1, 5)
IN_A_ROW: Final = 10
MAILS_EVERY_S: Final = 1.0


class Night:
    """The log of a night, and the faults that are drawn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.began = monotonic()

    def show(self, text: str) -> None:
        """Print a text, and write it down with its time."""
        print(text, flush=True)  # noqa: T201 - the operator reads it
        with (self.folder / "night.log").open("a", encoding="utf-8") as log:
            first, *more = text.splitlines() or [""]
            log.write(f"{monotonic() - self.began:5.0f} s  {first}\n")
            log.writelines(f"         {line}\n" for line in more)

    async def one(self, heading: str, fault: Fault, watching: Watched, by: list[Sender]) -> None:
        """Break something, let the operator look until a cause is named, and put it right."""
        self.began = monotonic()
        console = Console(watching, self.folder, self.show, len(watching.mails.mails))
        self.show(heading)
        async with fault(watching, by) as truth:
            mails = asyncio.create_task(_show_mails(console))
            try:
                while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
                    self.show(f"> {line}")
                    if line.startswith("cause "):
                        break
                    await console.look(line)
            finally:
                mails.cancel()
            self.show(f"TRUTH {truth}")


async def _show_mails(console: Console) -> None:
    while True:
        console.new_mails()
        await asyncio.sleep(MAILS_EVERY_S)


async def main() -> None:
    """Run the faults that the seed draws, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=5)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    given.folder.mkdir(parents=True)
    drawn = Random(given.seed).sample(sorted(FAULTS), given.faults)
    night = Night(given.folder)
    async with AsyncExitStack() as ends:
        settings = ends.enter_context(one_stack(given.folder / "home"))
        watching = await ends.enter_async_context(
            watched(
                settings,
                given.folder,
                group=GROUP,
                contact_of=units_of_lane(LANES.start, 1)[0],
                KPR_RELEASE_MAX_CONSECUTIVE=str(IN_A_ROW),
            )
        )
        senders = await ends.enter_async_context(reporting(watching.work, LANES))
        for number, name in enumerate(drawn, 1):
            await night.one(f"FAULT {number}", FAULTS[name], watching, senders)


if __name__ == "__main__":
    asyncio.run(main())
