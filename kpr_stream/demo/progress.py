"""How far the demo is, read where an operator would read it: the Prometheus endpoints."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Sequence
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

TIMEOUT_S: Final = 1.0
"""A worker that is just starting does not answer; the bar then stands for a moment."""


class Counted:
    """A counter over several processes, as a total that never goes back when one restarts."""

    def __init__(self, ports: Sequence[int], metric: str) -> None:
        self._metric = metric
        self._seen = dict.fromkeys(ports, 0.0)
        self._before = dict.fromkeys(ports, 0.0)

    def total(self) -> int:
        """The sum now."""
        for port, last in self._seen.items():
            now = _read(port, self._metric)
            if now is None:
                continue
            if now < last:
                self._before[port] += last
            self._seen[port] = now
        return round(sum(self._seen.values()) + sum(self._before.values()))


def free_port() -> int:
    """A port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read(port: int, metric: str) -> float | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == metric
    )
