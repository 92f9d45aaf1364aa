"""Start and watch the processes of a long run: one machine with all that a register needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from kpr_stream.demo.processes import DemoProcess
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.state import StackState
from kpr_stream.settings import Settings

SINKS: Final = ("content", "identity")
LOOK_S: Final = 0.5
Pids = Mapping[str, Callable[[], int | None]]


class Machine:
    """Processes of one run, by name. Those that serve are restarted when they end."""

    def __init__(self, settings: Settings, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.settings, self._logs = settings, logs
        self.processes: dict[str, DemoProcess] = {}
        self._restarts = 0

    def start(self, name: str, *arguments: str, serves: bool = True) -> None:
        """Start a command; one that does not serve ends by itself."""
        process = DemoProcess(
            name, arguments, self.settings, self._logs / f"{name}.log", keep_alive=serves
        )
        self.processes[name] = process
        process.start()

    @asynccontextmanager
    async def serving(self, workers: int) -> AsyncIterator[None]:
        """Run sinks, and workers if any, for the length of the block; end every process then."""
        if workers:
            self.start("worker", "worker", "--processes", str(workers), "--metrics-port", "0")
        for sink in SINKS:
            self.start(f"{sink}-sink", "sink", sink, "--metrics-port", "0")
        keeper = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper
            await self.stop()

    async def stop(self) -> None:
        """End every process in order: connectors first, which wait for workers."""
        for name in reversed([*self.processes]):
            await self.end(name)

    async def end(self, name: str) -> None:
        """End one process in order."""
        process = self.processes.pop(name)
        self._restarts += process.restarts
        await asyncio.to_thread(process.stop)

    async def finish(self, *names: str) -> None:
        """Wait until processes end by themselves; StackError if one of them failed."""
        for name in names:
            while not self.processes[name].ended():  # noqa: ASYNC110 - another process
                await asyncio.sleep(LOOK_S)
            self.processes[name].result()

    @property
    def restarts(self) -> int:
        """Return how many processes have ended and were started again."""
        return self._restarts + sum(one.restarts for one in self.processes.values())

    async def _keep(self) -> None:
        while True:
            for process in [*self.processes.values()]:
                process.ended()
            await asyncio.sleep(LOOK_S)

    def pids(self, stack: StackState) -> Pids:
        """Return who to watch: these processes, broker and database."""
        return {
            **{name: _pid_of(one) for name, one in self.processes.items()},
            "broker": lambda: stack.pids["kafka"],
            "database": lambda: stack.pids["postgres"],
        }


def _pid_of(process: DemoProcess) -> Callable[[], int | None]:
    return lambda: process.pid


def folders(settings: Settings) -> Mapping[str, Sequence[Path]]:
    """Return what takes disk: the topics by kind, ledgers, database, outboxes."""
    layout = Layout.of(settings.home)
    logs = [path for path in layout.kafka.rglob("*-[0-9]*") if path.is_dir()]
    deliveries = [path for path in logs if ".delivery." in path.name]
    return {
        "deliveries": deliveries,
        "other_topics": [path for path in logs if path not in deliveries],
        "ledgers": [layout.home / "ledger"],
        "database": [layout.postgres],
        "outboxes": [layout.home / "outbox"],
    }
