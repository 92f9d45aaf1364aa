"""The registry's read API over HTTP, on loopback, in a thread of the process that starts it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from kpr_stream.embedded.ports import LOOPBACK
from kpr_stream.embedded.schema_registry.api import Answer, answer
from kpr_stream.errors import StackError

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
BODY_LIMIT = 1_000_000
"""Longer than any schema: a sender that never ends must not fill the memory."""
IDLE_S = 30
"""A client that opens a connection and says nothing would keep a thread for ever."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._send(answer("GET", self.path))

    def do_POST(self) -> None:
        given = self.headers.get("Content-Length", "0")
        length = int(given) if given.isdecimal() else BODY_LIMIT + 1
        if length > BODY_LIMIT:
            self.close_connection = True
            self._send(Answer(413, {"error_code": 413, "message": "The request is too long."}))
            return
        self._send(answer("POST", self.path, self.rfile.read(length)))

    def _send(self, given: Answer) -> None:
        body = json.dumps(given.body).encode()
        self.send_response(given.status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: reads of public schemas are no news."""


class RegistryServer:
    """The endpoint; ``url`` once it is started. Used as a context: leaving it stops it."""

    def __init__(self, port: int) -> None:
        try:
            self._server = ThreadingHTTPServer((LOOPBACK, port), _Handler)
        except OSError as cause:
            raise StackError(
                f"The schema endpoint cannot listen on {LOOPBACK}:{port}: {cause.strerror}.",
                what_to_do="End what listens there, or set KPR_REGISTRY_PORT to 0.",
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="registry", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
