"""A broker that is frozen (SIGSTOP): reported in time, and no worker waits for it at SIGTERM."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from kpr_stream.embedded.children.process import spawn
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.state import running_state
from kpr_stream.metrics.discovery import target_file
from kpr_stream.metrics.metric import Process as Kind
from kpr_stream.process.log import LIBRARIES
from kpr_stream.processor.worker.stop import CLOSE_LANES_S, LEAVE_S
from kpr_stream.settings import Settings
from tests.integration.at_work import wait_until
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

STARTED = "metrics on"
SERVING = "are open after"
SILENT = "Nothing has come from it for"
HANGS = " s; it gets "
REPORT_WITHIN_S = 10.0
BUSY_S = 5.0
"""What a busy machine may add to a limit."""


@contextmanager
def frozen(stack: Settings) -> Iterator[None]:
    """Freeze the broker for the length of the block."""
    state = running_state(Layout.of(stack.home))
    assert state is not None
    os.kill(state.pids["kafka"], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(state.pids["kafka"], signal.SIGCONT)


@asynccontextmanager
async def worker(stack: Settings, folder: Path, until: str) -> AsyncIterator[tuple[Process, Path]]:
    """A worker whose log has come to a text, and its log."""
    log = folder / "worker.log"
    log.touch()
    variables = {
        "KPR_HOME": str(stack.home),
        "KPR_APP_ID": "kpr-hst-frozen",
        "KPR_LEDGER_DIR": str(folder / "ledger"),
    }
    process = await spawn(
        (
            "/usr/bin/env",
            *(f"{name}={value}" for name, value in variables.items()),
            *(sys.executable, "-m", "kpr_stream", "worker", "--instance", "frozen"),
        ),
        death_signal=signal.SIGKILL,
        log=log,
        cwd=ROOT,
    )
    try:
        await wait_until(lambda: until in log.read_text("utf-8") or process.returncode is not None)
        assert process.returncode is None, log.read_text("utf-8")
        yield process, log
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.parametrize(
    ("until", "limit_s"), [(STARTED, LEAVE_S), (SERVING, LEAVE_S + CLOSE_LANES_S)]
)
async def test_a_worker_ends_in_time_at_sigterm(
    clean_stack: Settings, tmp_path: Path, until: str, limit_s: float
) -> None:
    async with worker(clean_stack, tmp_path, until) as (process, log):
        with frozen(clean_stack):
            # Into the opening of the lanes, if it has just started.
            await asyncio.sleep(0.5)
            began = monotonic()
            process.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(process.wait(), HANGING_S)
        assert code == 0, log.read_text("utf-8")
        assert monotonic() - began < limit_s + BUSY_S


async def test_a_serving_worker_reports_it_in_time(clean_stack: Settings, tmp_path: Path) -> None:
    async with worker(clean_stack, tmp_path, SERVING) as (_, log):
        listed = target_file(clean_stack, Kind.WORKER, "frozen")
        target = json.loads(listed.read_text("utf-8"))[0]["targets"][0]

        async def answers(path: str, status: int) -> None:
            await wait_until(lambda: status_of(target, path) == status)

        await answers("/readyz", 200)
        before = len(log.read_text("utf-8"))

        def reported(*texts: str) -> bool:
            return any(text in log.read_text("utf-8")[before:] for text in texts)

        with frozen(clean_stack):
            # A question that hangs is reported before the silence is.
            await wait_until(partial(reported, SILENT, HANGS), REPORT_WITHIN_S + BUSY_S)
            await answers("/readyz", 503)
            await answers("/livez", 200)
            await wait_until(partial(reported, SILENT))
        await answers("/readyz", 200)
        await wait_until(partial(reported, "Kafka is back after"))
        outage = log.read_text("utf-8")[before:].splitlines()
        assert len([line for line in outage if " ERROR " in line]) <= len(LIBRARIES), outage


def status_of(target: str, path: str) -> int:
    connection = http.client.HTTPConnection(target, timeout=HANGING_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()
