"""Serve a port that accepts connections and never answers, as a frozen broker does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from kpr_stream.kafka.access import KafkaAccess
from tests.support.no_broker import NO_BROKER


@contextmanager
def silent_broker() -> Iterator[KafkaAccess]:
    """Yield the access to a broker that is frozen: the system still accepts connections for it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield replace(NO_BROKER, bootstrap=f"127.0.0.1:{server.getsockname()[1]}")
