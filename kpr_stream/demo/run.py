"""Run the demo step by step: stack, database, nation, stream, tables, check."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from kpr_stream.audit.balance import Balance, Unit, outcomes_of, subtract, unbalanced
from kpr_stream.audit.rows import Comparison
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.database.migrate import migrate
from kpr_stream.demo.check import PrivacySearch, compare_rows, read_books, search
from kpr_stream.demo.page import write_report
from kpr_stream.demo.processes import DemoProcess
from kpr_stream.demo.progress import TotalOverProcesses, free_port
from kpr_stream.embedded.start import start_stack
from kpr_stream.errors import StackError, UsageError
from kpr_stream.metrics.sink import SINK_ROWS
from kpr_stream.metrics.worker import ITEMS
from kpr_stream.model.words import OUTCOMES, SYSTEMS
from kpr_stream.process.folders import make_folder
from kpr_stream.reference import load_reference
from kpr_stream.settings import Environment, Settings
from kpr_stream.simulate.small.generate import Plan, simulate

POLL_S: Final = 0.2
"""How often the demo checks its processes and reads their counters."""
STREAM_LIMIT_S: Final = 240.0
"""More than ten times the usual time. Whatever takes longer hangs, and waiting would hide it."""
WORKERS: Final = 2
SINKS: Final = ("content", "identity")

Report = Callable[[str], None]
Bar = Callable[[int, int], None]
"""Called with (done, of)."""


@dataclass(frozen=True, slots=True)
class Display:
    """Where the demo shows what it does."""

    step: Report
    answered: Bar
    stored: Callable[[int], None]


@dataclass(slots=True)
class Result:
    """What the demo found."""

    expected: dict[str, Any]
    sent: dict[Unit, int]
    books: Balance
    unbalanced: list[Unit]
    outcomes_as_expected: bool
    rows: Comparison
    live_rows: int
    privacy: PrivacySearch
    restarts: int
    report: Path | None = None
    """The page of one municipality; None without the extra ``analytics``."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """Whether sender, receipts and topics agree, and nothing is doubled."""
        return not self.unbalanced and self.books.doubled == 0

    @property
    def good(self) -> bool:
        """Whether every check passed."""
        return (
            self.balanced
            and self.outcomes_as_expected
            and self.rows.equal
            and self.live_rows == self.books.live
            and self.privacy.clean
        )


class Demo:
    """One run. All its files are under ``settings.home``."""

    def __init__(self, settings: Settings, plan: Plan, display: Display) -> None:
        self._settings, self._plan, self._display = settings, plan, display
        self._home = settings.home / "demo"
        self._exports = self._home / (
            f"exports-{plan.consultations}-{plan.municipalities}-seed-{plan.seed}"
        )
        self._logs = settings.home / "log"
        self._seconds: dict[str, float] = {}
        self._running: list[DemoProcess] = []

    def run(self) -> Result:
        """Run every step and end the processes, also after an error."""
        if self._settings.environment is Environment.PRODUCTION:
            raise UsageError(
                "The demo makes synthetic children up: it does not run in production.",
                what_to_do="Run it where KPR_ENVIRONMENT is test, the default.",
            )
        self._same_nation()
        with self._step("start Kafka and PostgreSQL"):
            start_stack(self._settings, report=self._display.step)
            asyncio.run(migrate(self._settings))
            reference = load_reference(self._settings.reference_dir)
            asyncio.run(load_into_database(self._settings, reference))
        with self._step("simulate four systems"):
            expected = self._simulate()
        before = asyncio.run(read_books(self._settings))
        try:
            with self._step("stream"):
                summaries = self._stream(expected)
            restarts = sum(child.restarts for child in self._running)
        finally:
            for child in self._running:
                child.stop()
        with self._step("fill the tables to the end"):
            self._finish_sinks()
        with self._step("check"):
            result = asyncio.run(self._check(expected, summaries, before, restarts))
        with self._step("write a municipality's report"):
            result.report = write_report(self._settings, self._home, expected)
        result.seconds = self._seconds
        return result

    def _same_nation(self) -> None:
        """Refuse another nation than the stored one.

        Its records would count as corrections of the stored ones.
        """
        marker = self._home / "nation.json"
        wanted = asdict(self._plan)
        if not marker.exists():
            make_folder(self._home)
            marker.write_text(json.dumps(wanted) + "\n", "utf-8")
        elif (found := json.loads(marker.read_text("utf-8"))) != wanted:
            stored = ", ".join(f"{name} {value}" for name, value in found.items())
            raise UsageError(
                f"The register in {self._settings.home} holds another made-up nation ({stored}).",
                what_to_do="Ask for the same one, or set KPR_HOME to a folder of its own.",
            )

    def _simulate(self) -> dict[str, Any]:
        expected = self._exports / "expected.json"
        if expected.exists():
            self._display.step("the exports exist already: they are sent again")
            found: dict[str, Any] = json.loads(expected.read_text("utf-8"))
            return found
        return simulate(self._plan, self._exports)

    def _stream(self, expected: dict[str, Any]) -> dict[str, dict[str, Any]]:
        items = int(expected["total"]["items_sent"])
        worker_ports = [free_port() for _ in range(WORKERS)]
        sink_ports = [free_port() for _ in SINKS]
        for number, port in enumerate(worker_ports, start=1):
            name = f"worker-{number}"
            arguments = ["worker", "--instance", name, "--metrics-port", str(port)]
            self._start(name, arguments, keep_alive=True)
        for sink, port in zip(SINKS, sink_ports, strict=True):
            arguments = ["sink", sink, "--metrics-port", str(port)]
            self._start(f"sink-{sink}", arguments, keep_alive=True)
        connectors = {
            system.value: self._start(
                f"connector-{system}",
                ["connect", str(self._exports / system), "--system", system, "--resend", "--json"],
            )
            for system in SYSTEMS
            if system in expected["systems"]  # a nation of few municipalities has not all
        }
        answered = TotalOverProcesses(worker_ports, ITEMS)
        stored = TotalOverProcesses(sink_ports, SINK_ROWS)
        limit = time.monotonic() + STREAM_LIMIT_S
        while not self._all_ended(connectors):
            self._display.answered(answered.total(), items)
            self._display.stored(stored.total())
            if time.monotonic() > limit:
                raise StackError(
                    f"The connectors had not received every receipt after {STREAM_LIMIT_S:.0f} s.",
                    what_to_do=f"See the logs in {self._logs}.",
                )
            time.sleep(POLL_S)
        self._display.answered(items, items)
        return {system: child.result() for system, child in connectors.items()}

    def _all_ended(self, connectors: dict[str, DemoProcess]) -> bool:
        # Check every process each time: ``ended`` restarts those that must stay alive.
        ended = {id(child): child.ended() for child in self._running}
        return all(ended[id(child)] for child in connectors.values())

    def _finish_sinks(self) -> None:
        last = [
            self._start(f"sink-{sink}-last", ["sink", sink, "--until-caught-up", "--json"])
            for sink in SINKS
        ]
        # After the sinks the topic for analysts too, so that the search looks at it.
        last.append(self._start("projector", ["projector", "--until-caught-up", "--json"]))
        for child in last:
            child.wait()
            child.result()

    def _start(self, name: str, arguments: list[str], *, keep_alive: bool = False) -> DemoProcess:
        child = DemoProcess(
            name, arguments, self._settings, self._logs / f"{name}.log", keep_alive=keep_alive
        )
        self._running.append(child)
        child.start()
        return child

    async def _check(
        self,
        expected: dict[str, Any],
        summaries: dict[str, dict[str, Any]],
        before: Balance,
        restarts: int,
    ) -> Result:
        books = await read_books(self._settings)
        sent = {
            (system, org_nr): int(unit["items"])
            for system, summary in summaries.items()
            for org_nr, unit in summary["units"].items()
        }
        rows, live = await compare_rows(self._settings, self._exports / "truth.jsonl")
        now = subtract(books, before)
        return Result(
            expected=expected,
            sent=sent,
            books=now,
            unbalanced=unbalanced(books, sent),
            outcomes_as_expected=bool(before.receipts) or _as_expected(now, expected),
            rows=rows,
            live_rows=live,
            privacy=await search(self._settings, self._exports, self._logs),
            restarts=restarts,
        )

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self._display.step(name)
        began = time.monotonic()
        yield
        self._seconds[name] = round(time.monotonic() - began, 2)


def _as_expected(books: Balance, expected: dict[str, Any]) -> bool:
    """Return whether the first run's outcomes are the expected ones, by unit."""
    return all(
        outcomes_of(books, [(system, org_nr)])
        == {outcome.value: unit["outcomes"].get(outcome.value, 0) for outcome in OUTCOMES}
        for system, found in expected["systems"].items()
        for org_nr, unit in found["units"].items()
    )
