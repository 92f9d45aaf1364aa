"""Serve the schema registry's read API over HTTP on loopback, in a thread of this process."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from kpr_stream.embedded.ports import LOOPBACK
from kpr_stream.embedded.schema_registry.api import RegistryReply, respond
from kpr_stream.errors import StackError

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
BODY_LIMIT = 1_000_000
"""Longer than any schema. An endless request must not fill the memory."""
IDLE_S = 30
"""A client that opens a connection and sends nothing would keep a thread for ever."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._send(respond("GET", self.path))

    def do_POST(self) -> None:
        header = self.headers.get("Content-Length", "0")
        length = int(header) if header.isdecimal() else BODY_LIMIT + 1
        if length > BODY_LIMIT:
            self.close_connection = True
            body = {"error_code": 413, "message": "The request is too long."}
            self._send(RegistryReply(413, body))
            return
        self._send(respond("POST", self.path, self.rfile.read(length)))

    def _send(self, reply: RegistryReply) -> None:
        body = json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: the schemas are public, and reads of them need no log."""


class RegistryServer:
    """The HTTP endpoint, as a context manager: entering starts it, leaving stops it."""

    def __init__(self, port: int) -> None:
        try:
            self._server = ThreadingHTTPServer((LOOPBACK, port), _Handler)
        except OSError as cause:
            raise StackError(
                f"The schema registry cannot listen on {LOOPBACK}:{port}: {cause.strerror}.",
                what_to_do="Stop the program that listens there, or set KPR_REGISTRY_PORT to 0.",
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="registry", daemon=True
        )

    @property
    def url(self) -> str:
        """Return the endpoint's address."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
