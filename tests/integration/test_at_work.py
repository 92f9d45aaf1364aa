"""No worker outlives the block that keeps it, also where the body fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

INNER = """
import asyncio
import os
from pathlib import Path

import psutil
import pytest

from tests.integration.at_work import at_work
from tests.support.stack import fresh_topics, stack_settings

GROUP = "kpr-hst-fails"


def workers():
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("KPR_INSTANCE", "").startswith(GROUP):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            pass
    return found


async def keep(folder, body):
    settings = stack_settings(Path(os.environ["STACK_HOME"]))
    async with at_work(settings, folder, group=GROUP, workers=2):
        assert len(workers()) >= 2
        await body()


async def fails():
    raise RuntimeError("on purpose")


async def test_1_fails(tmp_path):
    await keep(tmp_path, fails)


def test_2_nothing_is_left():
    assert workers() == []


async def test_3_is_cancelled(tmp_path):
    serving = asyncio.Event()

    async def waits():
        serving.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(keep(tmp_path, waits))
    await serving.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_4_nothing_is_left():
    assert workers() == []
"""


@pytest.mark.long
def test_a_body_that_fails_or_is_cancelled_leaves_no_worker(
    clean_stack: Settings, tmp_path: Path
) -> None:
    """In a pytest of its own, which is alive while it looks: its workers die with it."""
    (tmp_path / "test_inner.py").write_text(INNER, "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-o", "asyncio_mode=auto", f"--rootdir={tmp_path}", str(tmp_path)),
        ],
        cwd=tmp_path,
        env=os.environ | {"STACK_HOME": str(clean_stack.home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGING_S,
    )
    assert "RuntimeError: on purpose" in done.stdout
    assert "1 failed, 3 passed" in done.stdout, done.stdout[-3000:]
