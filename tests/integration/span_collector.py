"""Take spans over HTTP as a collector of OpenTelemetry does."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from kpr_stream.connectors.exchange.publish import SENT
from kpr_stream.processor.lanes.traced import NAME as ANSWERED
from kpr_stream.sinks.traced import NAME as STORED


class SpanCollector:
    """Every span that has come: names by trace id, and all bytes."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.names: defaultdict[bytes, list[str]] = defaultdict(list)
        self.raw = b""
        self._lock = Lock()

    def take(self, body: bytes) -> None:
        """Keep the spans of one request."""
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


@contextmanager
def collecting_spans() -> Iterator[SpanCollector]:
    """Serve on a free port for the length of the block."""
    found = SpanCollector()

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
        found.endpoint = f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
        yield found
        server.shutdown()
