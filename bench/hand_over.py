"""How long lanes wait for another worker: one that joins, and after each way a worker can end.

Prints one JSON object, seconds: from the start of the process or from the fault until the next
owner has committed a record of the lane (seen within 0.2 s).

Run: python -m bench.hand_over [rounds]
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from tests.faults.cluster import HEARTBEAT_MS, SESSION_TIMEOUT_MS, until
from tests.faults.orders import Action
from tests.faults.scene import Scene, play
from tests.faults.switch_off import own_stack

REMEMBERED = "8"


async def join(scene: Scene) -> float:
    """A second worker joins an idle one, and serves."""
    serves = scene.expect("b", REMEMBERED, Action.PASS)
    began = time.time()
    await scene.cluster.join("b")
    waiting = asyncio.create_task(serves())
    while not waiting.done():
        await scene.send_everywhere()
        await asyncio.wait((waiting,), timeout=0.1)
    took = waiting.result().at - began
    scene.cluster.leave("b")
    await until(lambda: not scene.cluster.workers["b"].alive)
    await scene.answered()
    return took


def after(action: Action) -> Callable[[Scene], Awaitable[float]]:
    """A worker ends or hangs in this way, and another takes its lane."""

    async def one(scene: Scene) -> float:
        await scene.cluster.join("b")
        hit = await scene.come_to("b", "5", action)
        scene.cluster.workers["b"].wanted = False
        if not await scene.answered(hit.lane):
            raise TimeoutError(f"nobody took lane {hit.lane} over")
        took = time.time() - hit.at
        scene.cluster.kill("b")
        await until(lambda: not scene.cluster.workers["b"].alive)
        await scene.answered()
        return took

    return one


MEASURED = {
    "joining_an_idle_worker": join,
    "after_kill": after(Action.KILL),
    "after_a_hung_loop": after(Action.HANG),
    "after_the_interpreters_lock_was_held": after(Action.HOLD),
}


async def measure(folder: Path, rounds: int) -> dict[str, object]:
    """All of it, on one stack."""
    found: dict[str, list[float]] = {name: [] for name in MEASURED}
    async with own_stack(folder) as stack, play(stack, folder / "play", "a") as scene:
        for name, one in MEASURED.items():
            for _ in range(rounds):
                found[name].append(round(await one(scene), 2))
    return {
        "session_timeout_s": SESSION_TIMEOUT_MS / 1000,
        "heartbeat_s": HEARTBEAT_MS / 1000,
        "rounds": rounds,
        "seconds": {
            name: {"median": median(times), "longest": max(times)} for name, times in found.items()
        },
    }


def main() -> None:
    """A stack of its own."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), rounds)), indent=1))


if __name__ == "__main__":
    main()
