"""Send a nation's history by ``connect backfill`` while connectors, broker and workers are killed.

Each kind is killed (SIGKILL) the same number of times, at random moments spread over the whole
way. Then the outboxes must be empty, every unit's sequence complete, and topic and database equal
to the simulator's truth. Prints one JSON line; exit 1 unless everything agrees.

    python -m tests.end_to_end.backfill --seed 1 --items 50000

Units that change their EPJ send the older system's history first (docs/vendor/backfill.md).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from kpr_stream.database.load_reference import load_into_database
from kpr_stream.database.migrate import migrate
from kpr_stream.errors import BrokerError, StackError
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.reference import load_reference
from kpr_stream.simulate.nation.generate import Plan, generate
from kpr_stream.simulate.nation.people.places import places
from tests.end_to_end import truth
from tests.end_to_end.connecting import answered_and_left, put_into_inbox
from tests.end_to_end.through import NationRun, RunOutcome
from tests.faults.harness.cluster import Cluster, Stack
from tests.faults.harness.connector_life import read_received
from tests.faults.harness.sink_checker import wait_until_caught_up
from tests.support.repository import ROOT

WORKERS: Final = ("worker-1", "worker-2")
ITEMS_A_CHILD: Final = 20
"""Fewer than the simulator makes, so that a system has at least the items that are asked for."""
KILLS: Final = 10
"""Of connectors, of workers, and of the broker."""
SECONDS: Final = 60
"""What a phase takes at least: the pace leaves time for the kills."""
LOOK_S: Final = 0.2
GOES_ON: Final = (-signal.SIGKILL, BrokerError.exit_code, StackError.exit_code)
"""Exit codes after which a connector is started again: killed, or started without a broker."""
HISTORY: Final = ("--from", "2017-01", "--to", "2025-12")


@dataclass(slots=True, kw_only=True)
class BackfillOutcome:
    """What a run found."""

    compared: RunOutcome
    items: dict[str, int]
    """By system."""
    kills: Counter[str]
    wanted_kills: int
    unanswered: dict[str, int]
    """Deliveries that are left in each outbox."""
    holes: list[tuple[str, str]]
    """Units whose sequence is not complete."""
    seconds: float

    @property
    def good(self) -> bool:
        """Return whether everything is as it must be, after every kill."""
        same = self.compared.topic.equal and self.compared.rows.equal
        counted = not (self.compared.unbalanced or self.compared.doubled or self.holes)
        every = all(self.kills[kind] == self.wanted_kills for kind in ("c", "w", "b"))
        return same and counted and every and not any(self.unanswered.values())

    def as_json(self) -> dict[str, Any]:
        """Return one line."""
        found = self.compared.as_json()
        names = {"c": "connectors", "w": "workers", "b": "broker"}
        return {
            "good": self.good,
            "items": self.items,
            "kills": {names[kind]: number for kind, number in self.kills.items()},
            "unanswered": self.unanswered,
            "units_with_holes": len(self.holes),
            "topic": found["topic"],
            "rows": found["rows"],
            "unbalanced_units": found["unbalanced_units"],
            "doubled": found["doubled"],
            "restarts_of_workers": found["restarts"],
            "seconds": round(self.seconds),
        }


class BackfillRun(NationRun):
    """One run in a folder of its own."""

    def __init__(self, home: Path, *, seed: int, items: int, kills: int = KILLS) -> None:
        plan = Plan(seed=seed, municipalities=chosen(items))
        super().__init__(home, plan, kill=False)
        self._stack = Stack(home)
        self._cluster = Cluster(self._stack, home / "cluster", app_id="kpr-hst-backfill")
        self._random = Random(seed)  # noqa: S311 - when to kill
        self._kills: Counter[str] = Counter()
        self._wanted = kills
        self._running: dict[System, asyncio.subprocess.Process] = {}
        self._items = 0

    async def backfill(self) -> BackfillOutcome:
        """Generate, send with kills, store and compare."""
        began = time.monotonic()
        self._logs.mkdir(parents=True)
        expected = generate(self._plan, self._out)
        self._items = int(expected["total"]["items_sent"])
        report(f"{self._items} items are made")
        await self._stack.start()
        try:
            await migrate(self._settings)
            await load_into_database(self._settings, load_reference())
            await self._reserve()
            async with self._cluster.running(*WORKERS):
                await self._cluster.start_sinks()
                killing = asyncio.create_task(self._kill_at_random())
                for phase in phases(self._out):
                    await self._send_phase(phase)
                    report("a phase is answered")
                if killing.done():
                    killing.result()
                killing.cancel()
                await asyncio.wait({killing})
                await wait_until_caught_up(self._settings)
            compared = await self._compare(self._items)
            compared.restarts = sum(self._cluster.exit_codes()[w].get(-9, 0) for w in WORKERS)
            received = await read_received(self._settings)
            return BackfillOutcome(
                compared=compared,
                items={s: counts["items_sent"] for s, counts in expected["systems"].items()},
                kills=self._kills,
                wanted_kills=self._wanted,
                unanswered={system: answered_and_left(self._home, system)[1] for system in SYSTEMS},
                holes=received.holes,
                seconds=time.monotonic() - began,
            )
        finally:
            await self._stack.stop()

    async def _send_phase(self, paths: list[str]) -> None:
        """Put files into the inbox, and run connectors until each has sent everything."""
        systems = put_into_inbox(self._out, self._inbox, paths)
        await asyncio.gather(*(self._connect(system) for system in systems))

    async def _connect(self, system: System) -> None:
        """Run the backfill again and again until it ends by itself with everything answered."""
        pace = max(50, self._items // len(SYSTEMS) // SECONDS)
        with (self._logs / f"connector-{system}.log").open("ab") as log:
            while True:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "kpr_stream", "connect", "backfill"),
                    *(str(self._inbox / system), "--system", system, *HISTORY),
                    *("--items-per-second", str(pace)),
                    cwd=ROOT,
                    env=os.environ
                    | {"KPR_HOME": str(self._settings.home), "KPR_DELIVERY_MAX_ITEMS": "50"},
                    stdout=log,
                    stderr=log,
                )
                self._running[system] = process
                try:
                    ended = await process.wait()
                    if ended == 0:
                        return
                    assert ended in GOES_ON, f"the connector of {system} ended with {ended}"
                finally:
                    self._running.pop(system, None)
                    if process.returncode is None:
                        process.kill()
                        await process.wait()

    async def _kill_at_random(self) -> None:
        """Kill one after another, each when its share of the items is answered."""
        kinds = list("cwb" * self._wanted)
        self._random.shuffle(kinds)
        for at, kind in enumerate(kinds):
            # The last kill comes while a tenth is left: nothing may end before it.
            share = 0.9 * (at + self._random.random()) / len(kinds)
            while self._answered() < self._items * share:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(LOOK_S)
            while not await self._kill_one(kind):  # noqa: ASYNC110 - one that runs again
                await asyncio.sleep(LOOK_S)
            self._kills[kind] += 1
            report(f"kill {at + 1} of {len(kinds)}: {kind}")

    async def _kill_one(self, kind: str) -> bool:
        """Kill one of a kind and wait for its end; False if none runs, or ended by itself."""
        if kind == "b":
            await self._stack.kill_broker()
            await self._stack.start()
            return True
        workers = (self._cluster.workers[worker].process for worker in WORKERS)
        every = self._running.values() if kind == "c" else workers
        alive = [one for one in every if one is not None and one.returncode is None]
        if not alive:
            return False
        killed = self._random.choice(alive)
        with suppress(ProcessLookupError):
            killed.kill()
        return await killed.wait() == -signal.SIGKILL

    def _answered(self) -> int:
        return sum(answered_and_left(self._home, system)[0] for system in SYSTEMS)


def chosen(items: int) -> tuple[str, ...]:
    """Return the smallest municipalities that together give each system so many items."""
    left = dict.fromkeys(SYSTEMS, items / ITEMS_A_CHILD)
    found = []
    for place in sorted(
        places(share=1, municipalities=(), change_of_epj=True), key=lambda one: one.children
    ):
        if left[place.system] > 0 and place.areas == 1:
            found.append(place.code)
            left[place.system] -= place.children
    return tuple(found)


def phases(out: Path) -> list[list[str]]:
    """Return the files of the system that each place had first, and then those of its next one."""
    files = truth.table(out, "files").sort("sent_at", "path")
    first: dict[str, str] = {}
    found: list[list[str]] = [[], []]
    for place, system, path in files.select("place", "system", "path").iter_rows():
        found[first.setdefault(place, system) != system].append(path)
    return [paths for paths in found if paths]


def report(text: str) -> None:
    """Print what happens, for somebody who waits."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)  # noqa: T201


async def run(folder: Path, *, seed: int, items: int, kills: int = KILLS) -> BackfillOutcome:
    """Do one run."""
    return await BackfillRun(folder, seed=seed, items=items, kills=kills).backfill()


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="tests.end_to_end.backfill", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", type=int, default=50_000, help="at least, of each system")
    parser.add_argument("--kills", type=int, default=KILLS, help="of each kind")
    parser.add_argument("--keep", type=Path, help="a new folder for logs and data")
    options = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="kpr-backfill-", ignore_cleanup_errors=True) as folder:
        found = asyncio.run(
            run(
                options.keep or Path(folder),
                seed=options.seed,
                items=options.items,
                kills=options.kills,
            )
        )
    print(json.dumps(found.as_json()), flush=True)  # noqa: T201 - what the run found
    return 0 if found.good else 1


if __name__ == "__main__":
    sys.exit(main())
