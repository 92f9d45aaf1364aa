"""The wrapper that ends a command with its parent, also the variant for systems beside Linux."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import psutil

from kpr_stream.process import child
from tests.support.poll import HANGING_S, eventually
from tests.support.processes import ending

SLEEP_S = 2 * HANGING_S
"""Longer than any wait here, so that a command that ends by itself cannot pass the test."""
SLEEP = (sys.executable, "-c", f"import time; print('up', flush=True); time.sleep({SLEEP_S})")


def test_watching_passes_signals_on_and_gives_the_exit_code(tmp_path: Path) -> None:
    script = run_watch(tmp_path, "os.getppid()")
    with ending(started(script)) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == b"up\n"
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(HANGING_S) == signal.SIGTERM


def test_watching_ends_the_command_when_the_parent_is_gone(tmp_path: Path) -> None:
    # A parent pid that is never ours looks like a parent that has died.
    script = run_watch(tmp_path, "-1")
    done = subprocess.run([sys.executable, str(script)], check=False, timeout=HANGING_S)
    assert done.returncode == signal.SIGKILL


def test_the_command_ends_with_its_parent(tmp_path: Path) -> None:
    wrapper = [sys.executable, "-I", "-S", str(Path(child.__file__)), str(int(signal.SIGKILL))]
    script = tmp_path / "parent.py"
    script.write_text(
        f"import os, subprocess, time\n"
        f"p = subprocess.Popen([*{wrapper!r}, str(os.getpid()), *{SLEEP!r}], "
        f"stdout=subprocess.PIPE)\n"
        f"p.stdout.readline()\n"
        f"print(p.pid, flush=True)\n"
        f"time.sleep({SLEEP_S})\n"
    )
    with ending(started(script)) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    try:
        eventually(lambda: gone(pid))
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def started(script: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)


def gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def run_watch(folder: Path, parent: str) -> Path:
    script = folder / "watcher.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, signal, sys
        from kpr_stream.process.child import watch
        code = watch({SLEEP!r}, signal.SIGKILL, {parent})
        sys.exit(-code)
        """)
    )
    return script
