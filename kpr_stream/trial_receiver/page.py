"""Serve what came and what was answered: one HTML page and one JSON, on this machine only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, Final, Self

from kpr_stream.errors import ConfigurationError, UsageError
from kpr_stream.trial_receiver.faults import PlayedFault
from kpr_stream.trial_receiver.script import read_fault

HOST: Final = "127.0.0.1"
HOST_NAMES: Final = ("127.0.0.1", "localhost")
"""What a browser of this machine calls us. Any other name in a request is another site's, which
has pointed its own name at this machine to read the page."""
REQUEST_S: Final = 10.0
"""A client that sends its request more slowly than this would hold a thread."""
MOST_ORDER_BYTES: Final = 4_096
"""Bytes of an order: a fault has five short members."""
JSON_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows, and what it may order."""

    about: dict[str, Any]
    sent: Callable[[], list[dict[str, Any]]]
    order: Callable[[PlayedFault], None]


class Page:
    """The server of the page, in a thread of its own."""

    def __init__(self, shown: Shown, *, port: int = 0) -> None:
        try:
            self._server = _Server((HOST, port), shown)
        except OSError as cause:
            raise ConfigurationError(
                f"The page cannot listen on {HOST}:{port} "
                f"({cause.strerror or type(cause).__name__}).",
                what_to_do="Choose another --port; 0: any free one.",
            ) from None
        self.address = f"http://{HOST}:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], shown: Shown) -> None:
        super().__init__(address, _Handler)
        self.shown = shown


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_S
    server: _Server

    def do_GET(self) -> None:
        if not self._is_of_this_machine():
            return
        match self.path.partition("?")[0]:
            case "/":
                self._answer(HTTPStatus.OK, "text/html; charset=utf-8", html())
            case "/sent.json":
                body = {"about": self.server.shown.about, "sent": self.server.shown.sent()}
                self._json(HTTPStatus.OK, body)
            case _:
                self._json(HTTPStatus.NOT_FOUND, {"error": "There are / and /sent.json."})

    def do_POST(self) -> None:
        # A page of another site can post a form, but not this content type without asking first.
        length = self.headers.get("Content-Length", "")
        if not self._is_of_this_machine():
            return
        if self.path != "/faults" or self.headers.get("Content-Type") != JSON_TYPE:
            self._json(HTTPStatus.BAD_REQUEST, {"error": f"Post {JSON_TYPE} to /faults."})
        elif not length.isdigit() or int(length) > MOST_ORDER_BYTES:
            self._json(HTTPStatus.BAD_REQUEST, {"error": f"At most {MOST_ORDER_BYTES} bytes."})
        else:
            self._order(self.rfile.read(int(length)))

    def _order(self, body: bytes) -> None:
        try:
            fault = read_fault(json.loads(body), "the order")
        except UsageError as error:
            self._json(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except ValueError:
            self._json(HTTPStatus.BAD_REQUEST, {"error": "The order is no JSON."})
        else:
            self.server.shown.order(fault)
            self._json(HTTPStatus.ACCEPTED, {"ordered": fault.kind.value})

    def _is_of_this_machine(self) -> bool:
        name = self.headers.get("Host", "").rpartition(":")[0]
        if name in HOST_NAMES:
            return True
        self._json(HTTPStatus.FORBIDDEN, {"error": f"Ask for {HOST}."})
        return False

    def _json(self, status: HTTPStatus, value: Any) -> None:  # noqa: ANN401 - any JSON value
        self._answer(status, JSON_TYPE, json.dumps(value, ensure_ascii=False).encode())

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing: the page asks every second."""


def html() -> bytes:
    """Return the page. It holds its own style and script, and fetches ``sent.json`` alone."""
    return files(__package__).joinpath("page.html").read_bytes()
