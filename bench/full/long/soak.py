"""Keep live traffic up for half an hour, and say what grows: `make soak`.

    python -m bench.full.long.soak [--minutes 30] [--pace 20] [--files 1] [--keep]

Own senders send ``--pace`` deliveries a second, of 10 items, over all lanes and systems, and read
their receipts. Beside them a connector for each system follows its export folder, into which
``--files`` files a second of the simulated nation are put. One worker and both sinks serve.

By minute: milliseconds from delivery to receipt (p50, p99), memory and open files of each process,
bytes of the ledgers. Then a line through the second half of each, by least squares. Nothing here
fails because a figure grows: read it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.end_to_end import LIVE_ITEMS
from bench.figures import report, store
from bench.full.long.machines import Machine
from bench.full.long.samples import Watched
from bench.full.long.soak_result import MINUTE_S, Answered, result
from bench.machine import facts
from bench.usage import folder_bytes
from bench.visits import visits
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.database.migrate import migrate
from kpr_stream.embedded.start import running_stack
from kpr_stream.embedded.state import StackState
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS
from kpr_stream.reference import load_reference
from kpr_stream.simulate.identifiers import org_numbers
from kpr_stream.simulate.nation.generate import Plan, generate
from tests.end_to_end.connecting import put_into_inbox
from tests.end_to_end.truth import table
from tests.integration.at_work import AtWork, DeliveryPosition, at_work
from tests.support.stack import stack_settings

EVERY_S: Final = 5.0
FIRST_OWN: Final = 10_000
"""The org number of the first own sender: the nation's units have lower ones."""
OWN: Final = 32
FIRST, LAST = date(2025, 9, 1), date(2025, 12, 31)
"""Of the exports: a file a day for each unit and kind of message."""
FILES_OF_THE_NATION: Final = 200_000
"""At least so many files has the nation in these days; the share is chosen by it."""
LEAST_SHARE: Final = 0.002
"""A smaller share is smaller than a municipality."""


@dataclass(kw_only=True)
class Soak:
    """One run in a folder."""

    folder: Path
    seconds: float
    pace: float
    files: float
    every_s: float = EVERY_S
    window_s: float = MINUTE_S

    def __post_init__(self) -> None:
        """Name what is in the folder."""
        self._settings = stack_settings(self.folder / "home")
        self._out, self._inbox = self.folder / "nation", self.folder / "inbox"
        self._work = self.folder / "work"
        self._samples: list[dict[str, Any]] = []

    async def run(self) -> dict[str, Any]:
        """Make the exports, serve, send and watch."""
        paths = await asyncio.to_thread(self._prepare)
        with running_stack(self._settings) as stack:
            await migrate(self._settings)
            await load_into_database(self._settings, load_reference())
            machine = Machine(self._settings, self.folder / "log")
            async with (
                at_work(self._settings, self._work, group="kpr-hst-soak") as work,
                machine.serving(workers=0),
            ):
                for system in SYSTEMS:
                    machine.start(
                        *(f"connector-{system}", "connect", "send", str(self._inbox / system)),
                        *("--system", system, "--follow"),
                    )
                began = monotonic()
                beside = [
                    asyncio.create_task(self._watch(machine, stack, work, began)),
                    asyncio.create_task(self._put_files(paths, began)),
                ]
                sent = await self._send(work, began)
                for task in beside:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task
                await work.receipts.of(*sent)
                answered = [
                    Answered(
                        work.vendors.sent[place] - began,
                        1000 * (work.receipts.at[place] - work.vendors.sent[place]),
                    )
                    for place in sent
                ]
                restarts = machine.restarts + len(work.workers[0].exit_codes)
                from_connectors = len(work.receipts.at) - len(sent)
        return {
            **result(self._samples, answered, self.window_s),
            "deliveries_of_connectors": from_connectors,
            "restarts": restarts,
        }

    def _prepare(self) -> list[str]:
        """Make the exports; return their paths in the order of sending, as many as are put."""
        wanted = round(self.seconds * self.files)
        share = max(LEAST_SHARE, wanted / FILES_OF_THE_NATION)
        generate(Plan(share=share, first=FIRST, last=LAST, daily_from=FIRST), self._out)
        for system in SYSTEMS:
            (self._inbox / system).mkdir(parents=True)
        self._work.mkdir()
        paths = table(self._out, "files").sort("sent_at", "path").get_column("path").to_list()
        if len(paths) < wanted:
            raise SystemExit(f"{len(paths)} files are made, and {wanted} are to be put")
        return paths[:wanted]

    async def _put_files(self, paths: list[str], began: float) -> None:
        """Put files into the export folders at the pace; each appears complete."""
        for number, path in enumerate(paths):
            await asyncio.sleep(max(0.0, began + number / self.files - monotonic()))
            put_into_inbox(self._out, self._inbox, [path])

    async def _send(self, work: AtWork, began: float) -> list[DeliveryPosition]:
        """Send deliveries at the pace, each unit in order; return their places."""
        units = own_senders()
        waiting = []
        for number in range(round(self.seconds * self.pace)):
            await asyncio.sleep(max(0.0, began + number / self.pace - monotonic()))
            record = work.vendors.delivery(
                visits(LIVE_ITEMS, number * LIVE_ITEMS),
                org_nr=units[number % OWN],
                # Eight units of eight lanes have the first system, the next eight the second.
                system=SYSTEMS[number % OWN // PARTITIONS],
                sequence=number // OWN + 1,
            )
            waiting.append(asyncio.create_task(work.vendors.send(record)))
        return [place for places in await asyncio.gather(*waiting) for place in places]

    async def _watch(self, machine: Machine, stack: StackState, work: AtWork, began: float) -> None:
        pids = {**machine.pids(stack), "worker": lambda: work.workers[0].process.pid}
        watched = Watched(pids, {})
        number = 0
        while True:
            number += 1
            await asyncio.sleep(max(0.0, began + number * self.every_s - monotonic()))
            found = await asyncio.to_thread(watched.sample)
            found["ledger_mb"] = await asyncio.to_thread(folder_bytes, self._work / "ledger") / 1e6
            found["seconds"] = monotonic() - began
            self._samples.append(found)
            report(
                f"{found['seconds'] / 60:.1f} min: {len(work.receipts.at):,} receipts; "
                f"worker {found['memory_mb']['worker']:,} MB, {found['open_files']['worker']} files"
            )


def own_senders() -> list[str]:
    """Return the org numbers of the own senders: one after the other of each lane."""
    by_lane: dict[int, list[str]] = {lane: [] for lane in range(PARTITIONS)}
    for number in islice(org_numbers(), FIRST_OWN, FIRST_OWN + 20 * OWN):
        by_lane[partition_of(number)].append(number)
    lanes = [iter(numbers) for numbers in by_lane.values()]
    return [next(lane) for lane in islice(cycle(lanes), OWN)]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="bench.full.long.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pace", type=float, default=20, help="deliveries a second")
    parser.add_argument("--files", type=float, default=1, help="files a second")
    parser.add_argument("--keep", action="store_true", help="as the figures of the repository")
    options = parser.parse_args()
    machine = facts()
    with tempfile.TemporaryDirectory(prefix="kpr-soak-") as folder:
        soak = Soak(
            folder=Path(folder),
            seconds=options.minutes * 60,
            pace=options.pace,
            files=options.files,
        )
        found = {
            "machine": machine,
            "minutes": options.minutes,
            "deliveries_a_second": options.pace,
            "items_a_delivery": LIVE_ITEMS,
            "files_a_second": options.files,
            **asyncio.run(soak.run()),
        }
    store("soak", found, keep=options.keep)
    print(json.dumps({name: value for name, value in found.items() if name != "windows"}, indent=2))


if __name__ == "__main__":
    main()
