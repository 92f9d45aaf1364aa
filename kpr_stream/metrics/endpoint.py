"""Serve ``/livez``, ``/readyz`` and ``/metrics`` of a process over HTTP, from a thread."""

from __future__ import annotations

import atexit
import logging
import socket
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from kpr_stream.errors import ConfigurationError
from kpr_stream.metrics.discovery import list_target, remove_target
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.metric import Process
from kpr_stream.settings import Settings

log = logging.getLogger(__name__)

PORTS: Final = {
    Process.WORKER: range(9410, 9420),
    Process.CONTENT_SINK: range(9420, 9425),
    Process.IDENTITY_SINK: range(9425, 9430),
    Process.CONNECTOR: range(9430, 9440),
    Process.EXPORTER: range(9440, 9445),
    Process.PROBE: range(9445, 9450),
    Process.PROJECTOR: range(9450, 9455),
}
"""The ports of each kind of process. A process takes the first that is free, so that the first of
a kind on a machine or in a pod always has the same one."""
REQUEST_S: Final = 10.0
"""A client that sends its request more slowly than this would hold a thread."""
TEXT: Final = "text/plain; charset=utf-8"


def serve(
    settings: Settings, registry: CollectorRegistry, health: Health, process: Process, name: str
) -> int:
    """Serve from a thread that ends with the process; list the process for Prometheus.

    Returns the port: that of the settings (0: any free one), else the first free one of the kind
    of process, else any. ConfigurationError if the address cannot be bound.
    """
    server = _bind(settings, PORTS[process], registry, health)
    port = int(server.server_address[1])
    threading.Thread(target=server.serve_forever, name="endpoint", daemon=True).start()
    path = list_target(settings, process, name, port)
    atexit.register(remove_target, path, port)
    log.info(
        "%s %s: /livez, /readyz and /metrics on %s:%d",
        *(process.value, name, settings.metrics_host, port),
    )
    return port


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], registry: CollectorRegistry, health: Health
    ) -> None:
        super().__init__(address, _Handler)
        self.registry, self.health = registry, health


class _ServerOfIpv6(_Server):
    address_family = socket.AF_INET6


def _bind(
    settings: Settings, ports: Sequence[int], registry: CollectorRegistry, health: Health
) -> _Server:
    host, wanted = settings.metrics_host, settings.metrics_port
    kind = _ServerOfIpv6 if ":" in host else _Server
    candidates = (*ports, 0) if wanted is None else (wanted,)
    for port in candidates:
        try:
            return kind((host, port), registry, health)
        except OSError as cause:
            if port == candidates[-1]:
                raise ConfigurationError(
                    f"The endpoint of metrics and health cannot listen on {host}:{port} "
                    f"({cause.strerror or type(cause).__name__}).",
                    what_to_do="Set KPR_METRICS_HOST and KPR_METRICS_PORT to a free address; "
                    "0: any port.",
                ) from cause
    raise AssertionError("there is always a last candidate")


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_S
    server: _Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            self._answer(HTTPStatus.OK, content_type, encode(self.server.registry))
        elif path == "/livez":
            self._judge("alive", self.server.health.against_alive())
        elif path == "/readyz":
            self._judge("ready", self.server.health.against_ready())
        else:
            self._answer(HTTPStatus.NOT_FOUND, TEXT, b"/livez, /readyz or /metrics\n")

    def _judge(self, word: str, against: Sequence[str]) -> None:
        status = HTTPStatus.SERVICE_UNAVAILABLE if against else HTTPStatus.OK
        self._answer(status, TEXT, ("\n".join(against or [word]) + "\n").encode())

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing: a scrape every few seconds would fill the log."""
