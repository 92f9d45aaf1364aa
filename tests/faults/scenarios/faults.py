"""Inject faults, picked from a seed, into workers, sinks, network, disks, broker and database."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Final

from confluent_kafka import KafkaException

from kpr_stream.errors import StackError
from kpr_stream.model.topics import delivery_topic
from kpr_stream.model.words import SYSTEMS
from tests.faults.harness.breakpoints import Action, Breakpoint, Hit
from tests.faults.harness.cluster import SESSION_TIMEOUT_MS, Cluster
from tests.faults.harness.load import Driver
from tests.faults.harness.plan import LARGE_ITEMS
from tests.faults.harness.proxy import Proxy
from tests.faults.harness.restarting_process import RestartingProcess
from tests.support.stack import USUAL_BATCH_BYTES

COMMIT_STEPS: Final = tuple(range(1, 9))
ANSWERED_S: Final = 120.0
"""How long a fault waits for the workers to answer what was sent, while other faults last."""
HIT_S: Final = 20.0
"""How long a worker has to reach a breakpoint before another worker gets it: three times as long as
the lanes of a killed worker take to move on a quiet machine (6.9 s)."""
TRIES: Final = 12
EXTRA: Final = ("extra-1", "extra-2")
"""Workers that join and leave, beside those that are kept alive."""
AT_ONCE: Final = 3
"""The most faults at the same time. With all workers down, nothing would be tested."""
EVICTED_S: Final = SESSION_TIMEOUT_MS / 1000

OVERSIZED_BYTES: Final = 6000
"""Batches of a large delivery's consultations are larger than this, most others are not."""
AT_A_STEP: Final = ("stop-at", "full-disk")
REPEATABLE: Final = (
    *("kill", "freeze", "join", "leave", "cut", "delay", "stop-at", "full-disk"),
    *("database", "read-only", "topic", "sink-kill", "sink-cut", "sink-lost-answer"),
)
"""Kinds that may be picked more than once."""

Fault = tuple[str, int]
"""Kind, and the commit step to happen at (0: anywhere)."""
ProcessGroup = Mapping[str, RestartingProcess]


def report(what: str) -> None:
    """Write a line of progress to standard error."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


def schedule(random: Random, count: int, steps: Sequence[int] = COMMIT_STEPS) -> list[Fault]:
    """Schedule ``count`` faults in random order.

    There is a kill at each of the steps, then one fault of every other kind as far as ``count``
    allows, then random ones.
    """
    zombie = random.choice((5, 6, 7))
    wanted: list[Fault] = [("kill-at", step) for step in steps]
    others: list[Fault] = [
        ("freeze", 0),
        ("sink-kill", 0),
        ("join", 0),
        ("kill", 0),
        ("leave", 0),
        ("cut", 0),
        ("broker", 0),
        ("topic", 0),
        ("read-only", 0),
        ("lost-answer", 0),
        ("stop-at", zombie),
        ("delay", 0),
        ("full-disk", zombie),
        ("oversized", 0),
        ("database", 0),
        ("sink-lost-answer", 0),
        ("sink-cut", 0),
        ("sink-freeze", 0),
        ("sink-delay", 0),
    ]
    wanted += others[: max(0, count - len(wanted))]
    while len(wanted) < count:
        kind = random.choice(REPEATABLE)
        wanted.append((kind, random.choice(COMMIT_STEPS) if kind in AT_A_STEP else 0))
    random.shuffle(wanted)
    return wanted


class FaultInjector:
    """Carries out faults on a cluster."""

    def __init__(self, cluster: Cluster, driver: Driver, seed: int) -> None:
        self._cluster, self._driver = cluster, driver
        self._random = Random(seed)
        self._busy: set[str] = set()
        self._broker = asyncio.Lock()
        self.done: Counter[str] = Counter()
        self._missed: list[Fault] = []
        self._kinds: dict[str, Callable[[int], Awaitable[bool]]] = {
            "join": self._join,
            "leave": self._leave,
            "broker": self._restart_broker,
            "kill-at": self._kill_at,
            "stop-at": self._stop_at,
            "full-disk": self._fill_disk,
            "oversized": self._refuse_outputs,
            "database": self._crash_database,
            "read-only": self._stop_changes,
            "topic": self._make_topic_again,
        }
        for prefix, among in (("", cluster.workers), ("sink-", cluster.sinks)):
            self._kinds |= {
                f"{prefix}kill": partial(self._kill, among),
                f"{prefix}freeze": partial(self._freeze, among),
                f"{prefix}cut": partial(self._cut, among),
                f"{prefix}delay": partial(self._delay, among),
                f"{prefix}lost-answer": partial(self._lose_answer, among),
            }

    async def run(self, faults: Sequence[Fault], *, gap_s: tuple[float, float]) -> None:
        """Start one fault after the other with random gaps. Faults that last longer overlap."""
        room = asyncio.Semaphore(AT_ONCE)

        async def one(fault: Fault) -> None:
            async with room:
                await self._one(fault)

        async with asyncio.TaskGroup() as group:
            for fault in faults:
                while room.locked():
                    await asyncio.sleep(0.1)
                group.create_task(one(fault))
                await asyncio.sleep(self._random.uniform(*gap_s))
        # On a busy machine another fault may have ended every process that one waited for.
        for fault in self._missed.copy():
            await self._one(fault)

    async def _one(self, fault: Fault) -> None:
        kind, step = fault
        name = f"{kind} {step}" if step else kind
        report(f"{name} ...")
        if await self._kinds[kind](step):
            self.done[kind] += 1
            report(f"{name} done")
        else:
            report(f"{name} found no process to disturb")
            self._missed.append(fault)

    async def _kill(self, among: ProcessGroup, _: int) -> bool:
        one = await self._free_process(among)
        one.kill()
        return True

    async def _freeze(self, among: ProcessGroup, _: int) -> bool:
        one = await self._free_process(among)
        with self._reserved(one):
            one.freeze()
            await asyncio.sleep(EVICTED_S + self._random.uniform(1, 4))
            one.thaw()
        return True

    async def _join(self, _: int) -> bool:
        absent = [
            name
            for name in EXTRA
            if name not in self._cluster.workers or not self._cluster.workers[name].alive
        ]
        if not absent:
            return await self._leave(0)
        await self._cluster.join(self._random.choice(absent))
        return True

    async def _leave(self, _: int) -> bool:
        worker = await self._free_process(self._cluster.workers)
        with self._reserved(worker):
            self._cluster.leave(worker.instance)
            await asyncio.sleep(self._random.uniform(1, 4))
            if worker.instance not in EXTRA:
                await self._cluster.join(worker.instance)
        return True

    async def _cut(self, among: ProcessGroup, _: int) -> bool:
        one = await self._free_process(among)
        with self._reserved(one):
            one.proxy.cut()
            await asyncio.sleep(self._random.choice((0.2, 2.0, EVICTED_S + 2)))
            one.proxy.heal()
        return True

    async def _delay(self, among: ProcessGroup, _: int) -> bool:
        one = await self._free_process(among)
        with self._reserved(one):
            one.proxy.delay_s = self._random.uniform(0.02, 0.4)
            await asyncio.sleep(self._random.uniform(2, 6))
            one.proxy.heal()
        return True

    async def _restart_broker(self, _: int) -> bool:
        async with self._broker:
            await self._cluster.stack.kill_broker()
            await self._cluster.stack.start()
        return True

    async def _lose_answer(self, among: ProcessGroup, _: int) -> bool:
        for _ in range(TRIES):
            one = await self._free_process(among)
            with self._reserved(one):
                one.proxy.lose_next_commit_answer = True
                await self._wait_for(partial(_has_lost_answer, one.proxy))
                if _has_lost_answer(one.proxy):
                    return True
                one.proxy.lose_next_commit_answer = False
        return False

    async def _fill_disk(self, step: int) -> bool:
        hit = await self._hit(Breakpoint(str(step), Action.FULL))
        if hit is None:
            return False
        await asyncio.sleep(self._random.uniform(4, 8))
        self._cluster.breakpoints.free_disk(hit.instance)
        return True

    async def _refuse_outputs(self, _: int) -> bool:
        await self._limit_batches(OVERSIZED_BYTES)
        try:
            await self._driver.send_large(LARGE_ITEMS)
            await asyncio.sleep(self._random.uniform(3, 6))
        finally:
            await self._limit_batches(USUAL_BATCH_BYTES)
        return True

    async def _limit_batches(self, most_bytes: int) -> None:
        while True:
            try:
                await asyncio.to_thread(self._cluster.stack.limit_batches, most_bytes)
            except (KafkaException, StackError):
                await asyncio.sleep(0.5)  # the broker is being restarted
            else:
                return

    async def _crash_database(self, _: int) -> bool:
        async with self._broker:
            return self._cluster.stack.crash_database()

    async def _stop_changes(self, _: int) -> bool:
        """Let the database be read-only for a while, as in a failover."""
        async with self._broker:
            await self._cluster.stack.set_read_only(True)
            try:
                await asyncio.sleep(self._random.uniform(3, 8))
            finally:
                await self._cluster.stack.set_read_only(False)
        return True

    async def _make_topic_again(self, _: int) -> bool:
        """Delete a system's delivery topic, make it again, and lead the workers on as documented.

        What is not answered yet would be lost with the topic, so the senders are stopped first.
        """
        system = self._random.choice(SYSTEMS)
        topic = delivery_topic(system)
        async with self._broker, self._driver.paused():
            sent = [p for p in self._driver.last_positions() if p[0] == topic]
            if not await self._cluster.wait_until_answered(sent, ANSWERED_S):
                return False
            noticed = self._cluster.ended_by_a_changed_topic()
            await asyncio.to_thread(self._cluster.stack.make_again, topic)
            self._driver.topic_made_again(system)
            limit = time.monotonic() + ANSWERED_S
            while self._cluster.ended_by_a_changed_topic() == noticed:
                assert time.monotonic() < limit, f"no worker has noticed that {topic} is another"
                await asyncio.sleep(0.1)
            await self._cluster.accept_topic(topic)
        return True

    async def _kill_at(self, step: int) -> bool:
        return await self._hit(Breakpoint(str(step), Action.KILL)) is not None

    async def _stop_at(self, step: int) -> bool:
        hit = await self._hit(Breakpoint(str(step), Action.STOP))
        if hit is None:
            return False
        await asyncio.sleep(EVICTED_S + self._random.uniform(1, 4))
        self._cluster.thaw(hit.instance)
        return True

    async def _hit(self, wanted: Breakpoint) -> Hit | None:
        """Set the breakpoint in one worker after the other until one has reached it."""
        breakpoints = self._cluster.breakpoints
        for _ in range(TRIES):
            worker = await self._free_process(self._cluster.workers)
            with self._reserved(worker):
                before = len(breakpoints.hits())
                breakpoints.set(worker.instance, wanted)

                def reached(known: int = before, instance: str = worker.instance) -> Hit | None:
                    mine = [h for h in breakpoints.hits()[known:] if h.instance == instance]
                    return mine[0] if mine else None

                await self._wait_for(reached)
                breakpoints.clear(worker.instance)
                hit = reached()
                if hit is not None:
                    worker.frozen = wanted.action is Action.STOP
                    return hit
        return None

    @staticmethod
    async def _wait_for(ask: Callable[[], object]) -> None:
        limit = time.monotonic() + HIT_S
        while not ask() and time.monotonic() < limit:
            await asyncio.sleep(0.05)

    async def _free_process(self, among: ProcessGroup) -> RestartingProcess:
        """Wait for a running process that no other fault is using, and return it."""
        while True:
            free = [
                one
                for _, one in sorted(among.items())
                if one.alive and one.wanted and not one.frozen and one.instance not in self._busy
            ]
            if free:
                return self._random.choice(free)
            await asyncio.sleep(0.1)

    def _reserved(self, process: RestartingProcess) -> _Reserved:
        return _Reserved(self._busy, process.instance)


def _has_lost_answer(proxy: Proxy) -> bool:
    return not proxy.lose_next_commit_answer


class _Reserved:
    """Keeps other faults away from a process for the length of the block."""

    def __init__(self, busy: set[str], name: str) -> None:
        self._busy, self._name = busy, name

    def __enter__(self) -> None:
        self._busy.add(self._name)

    def __exit__(self, *_: object) -> None:
        self._busy.discard(self._name)
