"""The demo's bars: a sum over endpoints, of which any may be away or start again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from kpr_stream.demo.progress import TotalOverProcesses, free_port
from kpr_stream.metrics.worker import ITEMS


@dataclass
class Endpoint:
    """A process's metrics."""

    port: int
    series: dict[str, int] = field(default_factory=dict)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Serve a worker's metrics on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lines = [f'{ITEMS.name}{{outcome="{name}"}} {n}' for name, n in found.series.items()]
            text = "\n".join([f"# TYPE {ITEMS.name} counter", *lines, "another_total 1000", ""])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Endpoint(server.server_port)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def test_the_total_is_over_every_label_and_a_process_that_is_away_counts_nothing(
    endpoint: Endpoint,
) -> None:
    total = TotalOverProcesses([endpoint.port, free_port()], ITEMS)
    assert total.total() == 0
    endpoint.series = {"accepted": 40, "rejected": 2}
    assert total.total() == 42


def test_a_restart_makes_the_total_no_smaller(endpoint: Endpoint) -> None:
    total = TotalOverProcesses([endpoint.port], ITEMS)
    endpoint.series = {"accepted": 40}
    assert total.total() == 40
    endpoint.series = {"accepted": 3}
    assert total.total() == 43
    endpoint.series = {"accepted": 5}
    assert total.total() == 45
