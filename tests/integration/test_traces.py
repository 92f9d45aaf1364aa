"""Traces on a real stack: connector, worker and sink add to one trace of each delivery."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from kpr_stream.connectors.exchange.publish import SENT
from kpr_stream.model.words import System
from kpr_stream.processor.lanes.traced import NAME as ANSWERED
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.generate import Plan, simulate
from kpr_stream.sinks.traced import NAME as STORED
from tests.integration.at_work import at_work, command_line, wait_until
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.conftest import database as database  # noqa: PLC0414 - a fixture

GROUP: Final = "kpr-hst-traces"
SYSTEM: Final = System.EG_INFODOC


class Collector:
    """Takes spans over HTTP as a collector does; their names by trace id."""

    def __init__(self) -> None:
        self.names: defaultdict[bytes, list[str]] = defaultdict(list)
        self.raw = b""
        self._lock = Lock()

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            self.raw += body
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self.names[span.trace_id].append(span.name)

    def whole(self) -> int:
        """How many traces have the sender's, the worker's and the sink's span."""
        with self._lock:
            return sum({SENT, ANSWERED, STORED} <= set(names) for names in self.names.values())


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            found.take(gzip.decompress(body) if zipped else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        monkeypatch.setenv("KPR_TRACES", "true")
        monkeypatch.setenv("KPR_TRACES_ENDPOINT", f"http://127.0.0.1:{port}/v1/traces")
        yield found
        server.shutdown()


async def test_a_delivery_is_one_trace_from_its_sender_to_its_rows(
    clean_stack: Settings,
    database: Database,
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KPR_OUTBOX_DIR", str(tmp_path / "outbox"))
    simulate(Plan(20, 1, 4), tmp_path / "exports")
    async with at_work(clean_stack, tmp_path, group=GROUP) as work:
        code, sent, errors = await command_line(
            clean_stack,
            *("connect", str(tmp_path / "exports" / SYSTEM), "--system", SYSTEM, "--json"),
        )
        assert code == 0, errors
        assert sent["items_sent"] > 0
        code, _, errors = await command_line(clean_stack, "sink", "content", "--until-caught-up")
        assert code == 0, errors
        await wait_until(lambda: collector.whole() > 0)
        receipts = [one for answers in work.receipts.answers.values() for one in answers]
    assert all(names.count(ANSWERED) <= 1 for names in collector.names.values())
    rows = await database.fetch("content_sink", "SELECT DISTINCT org_nr FROM content.consultation")
    units = {row["org_nr"] for row in rows} | {one["org_nr"] for one in receipts}
    assert units
    assert not any(unit.encode() in collector.raw for unit in units)
