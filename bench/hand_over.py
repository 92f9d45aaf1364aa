"""How long lanes wait for another worker: one that joins, and after each way a worker can end.

    python -m bench.hand_over [--rounds 3]

Seconds from the start of the process, or from the fault, wait_until the next owner has committed a
record of the lane (seen within 0.2 s). Goals: a worker that joins an idle one serves within 5 s, a
hung one is replaced within 90 s. Figures go to bench/results/hand_over.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.machine import machine
from kpr_stream.model.topics import PARTITIONS
from tests.faults.harness.breakpoints import Action
from tests.faults.harness.cluster import HEARTBEAT_MS, SESSION_TIMEOUT_MS, wait_until
from tests.faults.mutations.switch_off import own_stack
from tests.faults.scenarios.scenario import Scenario, running_scenario

LAST_STEP = "8"
"""The commit step after which a delivery is in the ledger."""
RESULTS: Final = Path(__file__).parent / "results" / "hand_over.json"
GOALS_S: Final = {"joining_an_idle_worker": 5.0, "after_a_hung_loop": 90.0}


async def join(scenario: Scenario) -> float:
    """Return the seconds until a second worker serves, after joining an idle one."""
    serves = scenario.set_breakpoint("b", LAST_STEP, Action.PASS)
    began = time.time()
    await scenario.cluster.join("b")
    waiting = asyncio.create_task(serves())
    for lane in cycle(range(PARTITIONS)):
        # One delivery at a time, so that the first worker is nearly idle.
        if waiting.done():
            break
        await scenario.send_to(lane)
        await asyncio.wait((waiting,), timeout=0.05)
    took = waiting.result().at - began
    scenario.cluster.leave("b")
    await wait_until(lambda: not scenario.cluster.workers["b"].alive)
    await scenario.answered()
    return took


def after(action: Action) -> Callable[[Scenario], Awaitable[float]]:
    """Return a measurement of the seconds until another worker takes over after a fault."""

    async def one(scenario: Scenario) -> float:
        await scenario.cluster.join("b")
        hit = await scenario.send_until_hit("b", "5", action)
        scenario.cluster.workers["b"].wanted = False
        if not await scenario.answered(hit.lane):
            raise TimeoutError(f"no worker took over lane {hit.lane}")
        took = time.time() - hit.at
        scenario.cluster.kill("b")
        await wait_until(lambda: not scenario.cluster.workers["b"].alive)
        await scenario.answered()
        return took

    return one


MEASURED = {
    "joining_an_idle_worker": join,
    "after_kill": after(Action.KILL),
    "after_a_hung_loop": after(Action.HANG),
    "after_the_interpreters_lock_was_held": after(Action.HOLD),
}


async def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """Measure everything on one stack."""
    found: dict[str, list[float]] = {name: [] for name in MEASURED}
    machine_then = machine()
    async with (
        own_stack(folder) as stack,
        running_scenario(stack, folder / "scenario", "a") as scenario,
    ):
        for name, one in MEASURED.items():
            for _ in range(rounds):
                found[name].append(round(await one(scenario), 2))
    return {
        **machine_then,
        "session_timeout_s": SESSION_TIMEOUT_MS / 1000,
        "heartbeat_s": HEARTBEAT_MS / 1000,
        "rounds": rounds,
        "seconds": {
            name: {"median": median(times), "longest": max(times)} for name, times in found.items()
        },
    }


def main() -> None:
    """Measure on a stack of its own. Exit code 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = asyncio.run(measure(Path(folder), options.rounds))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found))
    sys.exit(any(found["seconds"][name]["longest"] > most for name, most in GOALS_S.items()))


if __name__ == "__main__":
    main()
