"""Planted texts under faults: none reaches a log, a metric, a trace, a file name or a terminal."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from aiokafka import AIOKafkaProducer

from kpr_stream.database.migrate import migrate
from kpr_stream.embedded.layout import Layout
from kpr_stream.errors import UsageError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import COMMAND, Role
from kpr_stream.settings import Settings
from tests.faults.harness.cluster import Stack
from tests.integration.at_work import AtWork, at_work, command_line, restarting, wait_until
from tests.integration.planted import (
    CANARIES,
    EXPORTING,
    bad_command_lines,
    bad_commands,
    bad_deliveries,
    exporting_unit,
    good_deliveries,
    reporting_units,
    write_exports,
)
from tests.integration.span_collector import collecting_spans
from tests.support.canary import Found, forms, found_in, found_in_files
from tests.support.poll import HANGING_S

GROUP: Final = "kpr-hst-canary"
WORKERS: Final = 3
ANSWER_S: Final = 10.0
AT_ONCE: Final = 3
"""Commands that run at the same time."""
BESIDE: Final = {
    "content": ("sink", "content"),
    "identity": ("sink", "identity"),
    "exporter": ("exporter",),
    "probe": ("probe",),
    "projector": ("projector",),
}

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """A stack of its own: its broker is killed."""
    stack = Stack(tmp_path / "home")
    await stack.start()
    yield stack
    await stack.stop()


async def test_no_planted_text_comes_out(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, logs = stack.settings, tmp_path / "logs"
    logs.mkdir()
    monkeypatch.setenv("KPR_OUTBOX_DIR", str(tmp_path / "outbox"))
    monkeypatch.setenv("KPR_APP_ID", GROUP)
    await migrate(settings)
    with collecting_spans() as spans:
        monkeypatch.setenv("KPR_TRACES", "true")
        monkeypatch.setenv("KPR_TRACES_ENDPOINT", spans.endpoint)
        async with (
            at_work(settings, logs, group=GROUP, workers=WORKERS, KPR_LOG_FORMAT="json") as work,
            beside(settings, logs),
        ):
            await deliveries_under_faults(work, stack)
            printed = await all_that_is_printed(settings, work, tmp_path / "exports")
            await wait_until(lambda: spans.whole() > 0)
            metrics = await all_that_is_served(settings)
            whole = list(found_in("traces", spans.raw, CANARIES))
    for place, text in (*printed.items(), *metrics.items()):
        whole += found_in(place, f"{place} {text}".encode(), CANARIES)
    assert planted_files_are_found(logs, tmp_path)
    whole += found_in_files(log_files(settings, logs), CANARIES, below=tmp_path)
    whole += found_in("names", names_below(tmp_path), CANARIES)
    assert whole == []
    assert b"\x1b" not in (logs / f"{GROUP}.log").read_bytes(), "a terminal is written to"


@asynccontextmanager
async def beside(settings: Settings, logs: Path) -> AsyncIterator[None]:
    """Run other processes for the length of the block; a dead broker may end them."""
    async with AsyncExitStack() as ends:
        for name, arguments in BESIDE.items():
            command = ("-m", "kpr_stream", *arguments)
            environment = {"KPR_HOME": str(settings.home)}
            log = logs / f"{name}.log"
            await ends.enter_async_context(restarting(command, environment, log))
        yield


async def deliveries_under_faults(work: AtWork, stack: Stack) -> None:
    """Send good and bad deliveries while a worker and the broker are killed."""
    vendors, receipts = work.vendors, work.receipts
    sending = asyncio.create_task(vendors.send(*good_deliveries(vendors, 1)))
    work.workers[0].process.send_signal(signal.SIGKILL)
    for receipt in await receipts.of(*await sending):
        assert receipt["status"] == "processed"
        assert (receipt["counts"]["accepted"], receipt["counts"]["rejected"]) == (2, 1)

    wanted, records = zip(*bad_deliveries(vendors), strict=True)
    places = await vendors.send(*records)
    work.workers[1].process.send_signal(signal.SIGKILL)
    await send_commands(stack.settings)
    for reason, receipt in zip(wanted, await receipts.of(*places), strict=True):
        assert reason in ("", receipt["reason"] or receipt["status"]), receipt["reason"]

    places = await vendors.send(*good_deliveries(vendors, 2))
    await stack.kill_broker()
    await stack.start()
    assert {one["status"] for one in await receipts.of(*places)} == {"processed"}


async def send_commands(settings: Settings) -> None:
    access = kafka_access(settings, Role.ADMIN).for_aiokafka()
    async with AIOKafkaProducer(**access) as producer:
        for one in bad_commands():
            await producer.send_and_wait(
                COMMAND, value=one.value, key=one.key, partition=one.partition
            )


async def all_that_is_printed(settings: Settings, work: AtWork, exports: Path) -> dict[str, str]:
    """Return what each command prints, by the command."""
    write_exports(exports)
    (unit, _), *_ = reporting_units()
    receipts = [one for answers in work.receipts.answers.values() for one in answers]
    deliveries = sorted(str(one["delivery_id"]) for one in receipts if one["system"] == EXPORTING)
    looking: list[tuple[str, ...]] = [
        *(("check", str(exports), "--system", EXPORTING, *more) for more in ((), ("--json",))),
        *(("connect", str(exports), "--system", EXPORTING, *more) for more in ((), ("--json",))),
        *(("unit", "show", one) for one in (unit, exporting_unit())),
        ("unit", "list"),
        ("release", "list"),
        *(("quarantine", "list", *more) for more in ((), ("--state", "all", "--json"))),
        *(("delivery", "show", one) for one in deliveries[-3:]),
        ("registry", "list"),
        ("topics", "check"),
        ("status", "--json"),
        ("top", "--once", "--every", "1"),
        ("exporter", "--once"),
        *(("sink", "verify", kind) for kind in ("content", "identity")),
    ]
    wrong = {
        f"{line[0]} {line[1]} with an id, {number}": line
        for number, line in enumerate(bad_command_lines())
    }
    printed: dict[str, str] = {}
    room = asyncio.Semaphore(AT_ONCE)

    async def run(name: str, line: tuple[str, ...]) -> None:
        async with room:
            code, out, err = await command_line(settings, *line)
        assert "Traceback" not in err, (name, err)
        assert name not in wrong or code == UsageError.exit_code, (name, code, err)
        printed[name] = f"{out}\n{err}"

    async with asyncio.TaskGroup() as commands:
        for line in looking:
            commands.create_task(run(" ".join(line), line))
        for name, line in wrong.items():
            commands.create_task(run(name, line))
    return printed


async def all_that_is_served(settings: Settings) -> dict[str, str]:
    """Wait until every process answers at the same time, and return what they serve."""
    async with asyncio.timeout(HANGING_S):
        while True:
            found = await asyncio.to_thread(served, settings)
            if sum(place.endswith("/metrics") for place in found) >= WORKERS + len(BESIDE):
                return found


def served(settings: Settings) -> dict[str, str]:
    """Return what every running process serves, by its address, and the list of processes."""
    found = {}
    for path in Layout.of(settings.home).targets.glob("*.json"):
        found[path.name] = path.read_text("utf-8")
        (listed,) = json.loads(found[path.name])
        for page in ("metrics", "readyz", "livez"):
            address = f"http://{listed['targets'][0]}/{page}"
            try:
                with urllib.request.urlopen(address, timeout=ANSWER_S) as answer:
                    found[address] = answer.read().decode()
            except urllib.error.HTTPError as error:
                found[address] = error.read().decode()
            except OSError:
                continue  # a killed process: its file stays
    return found


def log_files(settings: Settings, logs: Path) -> Iterator[Path]:
    """Yield the logs of all processes, of broker, database and RocksDB."""
    layout = Layout.of(settings.home)
    for folder, pattern in (
        (logs, "*.log"),
        (layout.logs, "*"),
        (logs / "ledger", "**/LOG*"),
    ):
        files = [path for path in folder.glob(pattern) if path.is_file()]
        assert files, folder
        yield from files


def names_below(folder: Path) -> bytes:
    """Return the names of all files and folders below one."""
    return "\n".join(str(path.relative_to(folder)) for path in folder.rglob("*")).encode()


def planted_files_are_found(logs: Path, below: Path) -> bool:
    """Plant every form of every text in a log, as a line of one, and search for it."""
    planted = logs / "planted.log"
    shutil.copyfile(logs / f"{GROUP}.log", planted)
    wanted = {(name, form) for name, text in CANARIES.items() for form in forms(text)}
    with planted.open("ab") as log:
        for text in CANARIES.values():
            log.writelines(b"a line with " + form + b" in it\n" for form in forms(text).values())
    found: list[Found] = list(found_in_files([planted], CANARIES, below=below))
    planted.unlink()
    return {(one.name, one.form) for one in found} == wanted
