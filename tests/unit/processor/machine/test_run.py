"""Real processes in the place of workers: restarted, given up, and ended together."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from kpr_stream.errors import ConfigurationError, NameTakenError
from kpr_stream.processor.machine.plan import WorkerProcess
from kpr_stream.processor.machine.restart import EARLY_ENDS
from kpr_stream.processor.machine.run import keep_running
from kpr_stream.processor.worker.name import take_name_of_many
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S, eventually
from tests.support.processes import ending
from tests.support.repository import ROOT

SERVES = "import signal; open({file!r}, 'a').write('started\\n'); signal.pause()"
"""Ends by SIGTERM, as a worker in its first seconds."""
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "open({file!r}, 'a').write('started\\n'); signal.pause()"
)
FAILS = "open({file!r}, 'a').write('started\\n'); raise SystemExit({ends_with})"


def process(name: str, code: str, folder: Path, **values: object) -> WorkerProcess:
    text = code.format(file=str(folder / name), **values)
    return WorkerProcess(name, (sys.executable, "-S", "-c", text), (("KPR_MACHINE", "m"),))


def starts(folder: Path, name: str) -> int:
    path = folder / name
    return len(path.read_text("utf-8").splitlines()) if path.exists() else 0


async def at_once(_: float) -> None:
    """Pause not at all."""


async def until(folder: Path, name: str, count: int) -> None:
    async with asyncio.timeout(HANGING_S):
        while starts(folder, name) < count:  # noqa: ASYNC110 - another process writes the file
            await asyncio.sleep(0.02)


async def test_one_that_ends_again_and_again_ends_all_with_its_code(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workers = [process("a", SERVES, tmp_path), process("b", FAILS, tmp_path, ends_with=69)]
    with caplog.at_level(logging.INFO):
        assert await keep_running(workers, pause=at_once) == 69
    assert starts(tmp_path, "b") == EARLY_ENDS
    assert starts(tmp_path, "a") <= 1
    assert "b ended with exit code 69 and is not started again" in caplog.text
    assert "a ended by SIGTERM" in caplog.text


async def test_a_wrong_setting_is_not_tried_twice(tmp_path: Path) -> None:
    code = ConfigurationError.exit_code
    assert (
        await keep_running([process("a", FAILS, tmp_path, ends_with=code)], pause=at_once) == code
    )
    assert starts(tmp_path, "a") == 1


async def test_one_that_is_killed_is_started_again_and_a_signal_ends_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workers = [process("a", SERVES, tmp_path), process("b", SERVES, tmp_path)]
    kept = asyncio.create_task(keep_running(workers, pause=at_once))
    await until(tmp_path, "a", 1)
    await until(tmp_path, "b", 1)
    me = psutil.Process()
    first = next(one for one in me.children() if str(tmp_path / "a") in " ".join(one.cmdline()))
    first.kill()
    await until(tmp_path, "a", 2)
    assert "a ended by SIGKILL; it is started again" in caplog.text
    os.kill(me.pid, signal.SIGTERM)
    assert await asyncio.wait_for(kept, HANGING_S) == 0
    assert (starts(tmp_path, "a"), starts(tmp_path, "b")) == (2, 1)


async def test_one_that_does_not_end_is_killed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = asyncio.create_task(keep_running([process("a", STUBBORN, tmp_path)], end_s=0.2))
    await until(tmp_path, "a", 1)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(kept, HANGING_S) == 0
    assert "a has not ended within 0 s and is killed" in caplog.text


def test_workers_end_in_order_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio\n"
        "from kpr_stream.processor.machine.run import keep_running\n"
        f"from kpr_stream.processor.machine.plan import WorkerProcess\n"
        f"asyncio.run(keep_running([{process('a', SERVES, tmp_path)!r}]))\n",
        "utf-8",
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)], env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    with ending(parent):
        eventually(lambda: starts(tmp_path, "a") == 1)
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_second_command_of_one_name_ends_before_it_starts_a_worker(tmp_path: Path) -> None:
    held = take_name_of_many(Settings(home=tmp_path), "worker")
    second = subprocess.run(
        [sys.executable, "-m", "kpr_stream", "worker", "--processes", "2"],
        env=os.environ | {"KPR_HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGING_S,
    )
    assert second.returncode == NameTakenError.exit_code, second.stderr
    assert "worker-1 and so on already run" in " ".join(second.stderr.split())
    os.close(held)
