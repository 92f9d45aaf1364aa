"""``kpr-stream top``: once, and live in a terminal until Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.errors import UsageError
from tests.support.installation import Installation
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

WORKER: Final = next(r.text for r in Installation().samples().readings if r.name == "worker-1")


@pytest.fixture
def worker() -> Iterator[str]:
    """A worker that serves half of the lanes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write((WORKER or "").encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def ran(*arguments: str) -> Any:
    return CliRunner().invoke(build_cli(), ["top", *arguments])


def test_once_as_json_is_one_object(worker: str) -> None:
    done = ran("--target", worker, "--once", "--every", "0.1", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["processes"][0]["name"] == "worker-1"
    assert found["unowned_lanes"] == [4, 5, 6, 7]
    assert "LaneUnowned" in {one["alert"] for one in found["troubles"]}


def test_once_for_people_is_without_colour(worker: str) -> None:
    done = ran("--target", worker, "--once", "--every", "0.1")
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.stdout
    assert "nobody" in done.stdout


def test_nothing_is_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("KPR_HOME", str(tmp_path))
    done = ran("--once")
    assert done.exit_code == 0, done.output
    assert "No process is listed here." in done.stdout


def test_the_live_view_needs_a_terminal_and_json_needs_once() -> None:
    for arguments, message in ((), "needs a terminal"), (("--json",), "--json needs --once"):
        done = ran(*arguments)
        assert isinstance(done.exception, UsageError)
        assert message in str(done.exception)


def test_in_a_terminal_it_shows_the_view_until_ctrl_c(worker: str) -> None:
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "kpr_stream", "top", "--target", worker, "--every", "0.1"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "NO_COLOR": "1"},
    )
    os.close(theirs)
    try:
        seen = b""
        while b"nobody" not in seen:
            seen += os.read(ours, 65_536)
        child.send_signal(signal.SIGINT)
        assert child.wait(HANGING_S) == 0
    finally:
        child.kill()
        os.close(ours)
    assert b"\x1b[?1049h" in seen, "it does not use the terminal's other screen"
    assert b"\x1b[1;31m" not in seen, "NO_COLOR is not respected"
    assert b"Traceback" not in seen
