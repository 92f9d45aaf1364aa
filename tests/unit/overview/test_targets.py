"""Which processes are read, and what becomes of one that does not answer."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.metrics.discovery import list_target
from kpr_stream.metrics.metric import Process
from kpr_stream.overview import targets as tested
from kpr_stream.overview.targets import Target, chosen_targets, read_all, read_twice
from kpr_stream.settings import Settings


@pytest.fixture
def address() -> Iterator[str]:
    """A process that serves one metric."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/metrics" else 404)
            self.end_headers()
            self.wfile.write(b"kpr_lanes_open 3\n")

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_listed_processes_are_those_that_prometheus_finds(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, metrics_host="127.0.0.1")
    assert chosen_targets(settings, []) == []
    list_target(settings, Process.WORKER, "worker-1", 9410)
    (tmp_path / "targets" / "broken.json").write_text("{", "utf-8")
    (tmp_path / "targets" / "other.json").write_text(json.dumps([{"targets": ["x:1"]}]), "utf-8")
    assert chosen_targets(settings, []) == [Target("worker", "worker-1", "127.0.0.1:9410")]


@pytest.mark.parametrize("text", ["h:9410", "http://h:9410", "http://h:9410/metrics"])
def test_an_address_is_written_as_the_process_logs_it(text: str) -> None:
    (one,) = chosen_targets(Settings(), [text])
    assert one.address == "h:9410"


@pytest.mark.parametrize("text", ["h", "h:x", "https://h:9410", "file:///etc/passwd", "http://"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a process"):
        chosen_targets(Settings(), [text])


def test_what_answers_is_read_and_what_does_not_says_why(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tested, "ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hung, refused = (f"127.0.0.1:{s.getsockname()[1]}" for s in (silent, closed))
        samples = read_all([Target("?", one, one) for one in (address, hung, refused)])
    assert samples.one("kpr_lanes_open") == 3
    assert [one.why_not for one in samples.readings] == [
        None,
        "no answer within 0 s",
        "Connection refused",
    ]


def test_a_view_reads_twice(address: str) -> None:
    facts = read_twice(Settings(), [address], every_s=0.01)
    assert [one.address for one in facts.processes] == [address]
    assert [one.commits_per_s for one in facts.workers] == [0.0]
