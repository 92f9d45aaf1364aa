"""A database or a broker that hangs: each process is not ready, says why, and is ready again."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import pytest

from kpr_stream.demo.processes import DemoProcess
from kpr_stream.exporter.run import NAME, SILENT_S
from kpr_stream.metrics.discovery import target_file
from kpr_stream.metrics.metric import Process
from kpr_stream.settings import Settings
from kpr_stream.sinks.progress import SLOW_S
from tests.integration.at_work import wait_until
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.conftest import database as database  # noqa: PLC0414 - a fixture
from tests.integration.sinks.test_on_kafka import writing
from tests.integration.test_frozen_broker import frozen
from tests.support.poll import HANGING_S
from tests.support.sink_records import consultation

BUSY_S: Final = 10.0
"""What a busy machine may add to a limit."""
STORED: Final = "SELECT 1 FROM content.consultation"
SESSION: Final = "SELECT pid FROM pg_stat_activity WHERE usename = 'content_sink'"


@contextmanager
def running(settings: Settings, folder: Path, *command: str) -> Iterator[DemoProcess]:
    """Run a command of ours until the block ends."""
    process = DemoProcess(command[0], command, settings, folder / "process.log")
    process.start()
    try:
        yield process
    finally:
        process.stop()


@asynccontextmanager
async def hung(database: Database) -> AsyncIterator[None]:
    """Freeze the server's process that serves the content sink, for the length of the block."""
    (session,) = await database.fetch("kpr_owner", SESSION)
    os.kill(session["pid"], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(session["pid"], signal.SIGCONT)


class Endpoint:
    """The endpoint of a process, as Prometheus finds it."""

    def __init__(self, settings: Settings, process: Process, name: str) -> None:
        self._file = target_file(settings, process, name)
        self._file.unlink(missing_ok=True)

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body; (0, "") while nothing listens."""
        if not self._file.exists():
            return 0, ""
        target = json.loads(self._file.read_text("utf-8"))[0]["targets"][0]
        connection = http.client.HTTPConnection(target, timeout=HANGING_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    async def becomes(self, status: int, within_s: float = HANGING_S) -> str:
        """Wait for an answer of ``/readyz``; return its text. The process lives meanwhile."""
        await wait_until(lambda: self.get("/readyz")[0] == status, within_s)
        assert self.get("/livez") == (200, "alive\n")
        return self.get("/readyz")[1]


@pytest.mark.long
@pytest.mark.parametrize("way", ["session", "broker"])
async def test_a_sink_is_not_ready_while_what_it_needs_hangs(
    clean_stack: Settings, database: Database, tmp_path: Path, way: str
) -> None:
    endpoint = Endpoint(clean_stack, Process.CONTENT_SINK, "content")
    with running(clean_stack, tmp_path, "sink", "content"):
        assert await endpoint.becomes(200) == "ready\n"
        async with writing(clean_stack) as topics:
            if way == "session":
                async with hung(database):
                    await topics.write([("consultation", 1, consultation(1))])
                    reason = await endpoint.becomes(503, SLOW_S + BUSY_S)
                    assert "The database has not committed for" in reason
            else:
                with frozen(clean_stack):
                    reason = await endpoint.becomes(503, SLOW_S + BUSY_S)
                    assert "Kafka" in reason
                await topics.write([("consultation", 1, consultation(1))])
            assert await endpoint.becomes(200) == "ready\n"
        try:
            async with asyncio.timeout(HANGING_S):
                while not await database.fetch("content_sink", STORED):
                    pass
        except TimeoutError:
            log = (tmp_path / "process.log").read_text("utf-8")
            pytest.fail(f"no row; ready: {endpoint.get('/readyz')}; its log:\n{log}")


@pytest.mark.long
async def test_the_exporter_is_not_ready_while_kafka_hangs(
    clean_stack: Settings, tmp_path: Path
) -> None:
    endpoint = Endpoint(clean_stack, Process.EXPORTER, NAME)
    with running(clean_stack, tmp_path, "exporter"):
        assert await endpoint.becomes(200) == "ready\n"
        before = checked(endpoint)
        with frozen(clean_stack):
            reason = await endpoint.becomes(503, SILENT_S + BUSY_S)
            assert reason.startswith("The topics cannot be read: Kafka")
            assert checked(endpoint) >= before, "the last metrics stay"
        assert await endpoint.becomes(200) == "ready\n"
        await wait_until(lambda: checked(endpoint) > before)


def checked(endpoint: Endpoint) -> float:
    """When the exporter last read the topics, as its metrics say."""
    _, text = endpoint.get("/metrics")
    name = "kpr_books_checked_timestamp_seconds "
    return next(float(line.removeprefix(name)) for line in text.splitlines() if name in line[:40])
