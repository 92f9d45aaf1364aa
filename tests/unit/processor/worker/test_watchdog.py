"""The watchdog ends a process whose loop hangs or whose lane makes no progress."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from kpr_stream.processor.worker import watchdog
from kpr_stream.processor.worker.watchdog import Watchdog
from tests.support.poll import HANGING_S


async def test_a_lane_without_progress_ends_the_process() -> None:
    reason = asyncio.get_running_loop().create_future()
    ticking = asyncio.create_task(Watchdog(lambda _: 5, end=reason.set_result).tick())
    async with asyncio.timeout(HANGING_S):
        assert (await reason).startswith("lane 5 has work")
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking


async def test_a_loop_that_hangs_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "LOOP_HUNG_S", 0.05)
    monkeypatch.setattr(watchdog, "TICK_S", 0.01)
    ended = threading.Event()
    reasons: list[str] = []

    def end(reason: str) -> None:
        reasons.append(reason)
        ended.set()

    ticking = asyncio.create_task(Watchdog(lambda _: None, end=end).tick())
    await asyncio.sleep(0)
    assert ended.wait(HANGING_S)  # blocks the loop, as what hangs does
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    assert reasons[0].startswith("the event loop has not ticked")


def test_a_process_that_cannot_write_its_reason_ends_all_the_same(tmp_path: Path) -> None:
    program = (
        "import resource; from kpr_stream.processor.worker.end import end_process; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); end_process('the disk is full')"
    )
    with (tmp_path / "log").open("wb") as log:
        ended = subprocess.run([sys.executable, "-c", program], stderr=log, check=False)
    assert ended.returncode == 70
    assert (tmp_path / "log").read_bytes() == b""
