"""Send a share of the simulated nation, 2017-2025, through everything: `make nation`.

    python -m bench.full.long.nation [--items 5000000 | --share 1] [--processes 1] [--folder F]

The real commands: one `connect backfill` for each system, `worker --processes N`, both sinks,
broker and database, all on this machine. Units that change their EPJ send the older system's
history first. The counts at the end must be the simulator's: every unit's items and rejected
items, one answer for each delivery, rows by kind and status.

Ctrl-C or SIGTERM stops everything in order, and the same command resumes in the same folder. The
time while it is stopped does not count. The folder is removed when everything is equal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.figures import report, store
from bench.full.long.machines import SINKS, Machine, folders
from bench.full.long.nation_counts import compared
from bench.full.long.nation_result import progress, result
from bench.full.long.samples import Watched, add_sample, read_samples
from bench.machine import facts
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.database.migrate import migrate
from kpr_stream.embedded.start import running_stack
from kpr_stream.embedded.state import StackState
from kpr_stream.keys.access import keyring
from kpr_stream.model.words import SYSTEMS
from kpr_stream.reference import load_reference
from kpr_stream.simulate.nation.generate import Plan, generate
from tests.end_to_end import truth
from tests.end_to_end.backfill import HISTORY, phases
from tests.end_to_end.connecting import answered_and_left, put_into_inbox, system_of
from tests.support.stack import stack_settings
from tests.support.write_rights import write_rights

WHOLE: Final = 29_684_781
"""Items of the whole nation (bench/results/nation.json)."""
EVERY_S: Final = 5.0
DISK_EVERY: Final = 6
"""One of so many samples has the disk, which takes long to count."""
STOPPED: Final = 130
"""The exit code of a run that was stopped."""


class StoppedError(Exception):
    """The run is to end while the nation is made."""


@dataclass
class NationBackfill:
    """One run in a folder, which an earlier process may have begun."""

    folder: Path
    plan: Plan
    processes: int = 1
    every_s: float = EVERY_S
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Name what is in the folder."""
        self.settings = stack_settings(self.folder / "home")
        self._out, self._inbox = self.folder / "nation", self.folder / "inbox"
        self.samples = self.folder / "samples.jsonl"
        self._earlier_s, self._began = 0.0, 0.0

    async def run(self) -> dict[str, Any] | None:
        """Generate, send, store and count; None if it was stopped."""
        try:
            expected = await asyncio.to_thread(
                generate, self.plan, self._out, resume=True, report=self._made
            )
        except StoppedError:
            return None
        items = int(expected["total"]["items_sent"])
        report(f"{items:,} items are made")
        with running_stack(self.settings) as stack:
            await migrate(self.settings)
            await load_into_database(self.settings, load_reference())
            await self._reserve()
            machine = Machine(self.settings, self.folder / "log")
            async with machine.serving(self.processes):
                if not await self._until_stopped(self._all(machine, stack, items)):
                    return None
            report("counting")
            return {
                **result(items, read_samples(self.samples)),
                "restarts": machine.restarts,
                "counts": await compared(self.settings, self._out, expected),
            }

    def _made(self, done: int, places: int, items: int) -> None:
        if self.stop.is_set():
            raise StoppedError
        if done % 20 == 0 or done == places:
            report(f"{done} of {places} places are made, {items:,} items")

    async def _until_stopped(self, work: Coroutine[None, None, None]) -> bool:
        """Do the work; False if the run is stopped before it is done."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self.stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            working.result()
            return True
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        return False

    async def _all(self, machine: Machine, stack: StackState, items: int) -> None:
        """Send and store everything, and take samples meanwhile."""
        before = read_samples(self.samples)
        self._earlier_s = before[-1]["seconds"] if before else 0.0
        self._began = monotonic()
        watching = asyncio.create_task(self._watch(machine, stack, items))
        try:
            await self._send(machine)
            await self._sample(machine, stack, disk=False)
            for sink in SINKS:
                await machine.end(f"{sink}-sink")
                machine.start(
                    *(f"{sink}-sink", "sink", sink, "--until-caught-up", "--json"), serves=False
                )
            await machine.finish(*(f"{sink}-sink" for sink in SINKS))
            await self._sample(machine, stack, disk=True)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _reserve(self) -> None:
        """Write all reservations before anything is sent; again they change nothing."""
        given = truth.rights(self._out, keyring(self.settings).pseudonyms)
        await write_rights(self.settings, given)

    async def _send(self, machine: Machine) -> None:
        for paths in phases(self._out):
            await asyncio.to_thread(self._put_new_files, paths)
            systems = sorted({system_of(path) for path in paths})
            for system in systems:
                machine.start(
                    *(f"connector-{system}", "connect", "backfill", str(self._inbox / system)),
                    *("--system", system, *HISTORY, "--json"),
                    serves=False,
                )
            await machine.finish(*(f"connector-{system}" for system in systems))

    def _put_new_files(self, paths: list[str]) -> None:
        """Put those that no earlier process has put."""
        new = (path for path in paths if not (self._inbox / path).exists())
        put_into_inbox(self._out, self._inbox, new)

    async def _watch(self, machine: Machine, stack: StackState, items: int) -> None:
        """Take samples and show progress."""
        number, last = 0, (self._earlier_s, self._answered())
        while True:
            await asyncio.sleep(self.every_s)
            found = await self._sample(machine, stack, disk=number % DISK_EVERY == 0)
            now = found["seconds"], found["answered"]
            report(progress(now, last, items, found["memory_mb"]))
            last, number = now, number + 1

    async def _sample(self, machine: Machine, stack: StackState, *, disk: bool) -> dict[str, Any]:
        watched = Watched(machine.pids(stack), folders(self.settings))
        found = await asyncio.to_thread(watched.sample)
        if disk:
            found["disk_mb"] = await asyncio.to_thread(watched.disk_mb)
        answered = await asyncio.to_thread(self._answered)
        # The time of earlier processes counts, that between them does not.
        seconds = self._earlier_s + monotonic() - self._began
        found = {"seconds": round(seconds, 1), "answered": answered, **found}
        add_sample(self.samples, found)
        return found

    def _answered(self) -> int:
        return sum(answered_and_left(self.settings.home, system)[0] for system in SYSTEMS)


async def _run(run: NationBackfill) -> dict[str, Any] | None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, run.stop.set)
    return await run.run()


def main() -> int:
    """Run from the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench.full.long.nation", description=__doc__)
    parser.add_argument("--items", type=int, default=5_000_000, help="about so many")
    parser.add_argument("--share", type=float, help="of the nation, instead of --items; 1: all")
    parser.add_argument("--processes", type=int, default=1, help="workers: 1, 2, 4 or 8")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "kpr-nation")
    parser.add_argument("--keep", action="store_true", help="as the figures of the repository")
    options = parser.parse_args()
    share = options.share or min(1.0, options.items / WHOLE)
    machine = facts()
    found = asyncio.run(_run(NationBackfill(options.folder, Plan(share=share), options.processes)))
    if found is None:
        report(f"stopped; the same command resumes in {options.folder}")
        return STOPPED
    sent_by = "connect backfill, one connector for each system"
    found = {
        "machine": machine,
        "share": round(share, 4),
        "sent_by": sent_by,
        "worker_processes": options.processes,
        **found,
    }
    store("nation_backfill", found, keep=options.keep)
    print(json.dumps(found, indent=2))
    if not found["counts"]["equal"]:
        report(f"The counts differ; everything is left in {options.folder}.")
        return 1
    shutil.rmtree(options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
