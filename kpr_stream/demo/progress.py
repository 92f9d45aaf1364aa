"""Read how far the demo is where an operator would: at the Prometheus endpoints."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Sequence
from typing import Final

from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

from kpr_stream.metrics.metric import Metric

TIMEOUT_S: Final = 1.0
"""A worker that is starting does not answer; the bar then pauses for a moment."""


class TotalOverProcesses:
    """The sum of one counter over several processes; a restart never makes it smaller."""

    def __init__(self, ports: Sequence[int], metric: Metric[Counter]) -> None:
        self._name = metric.name
        self._seen = dict.fromkeys(ports, 0.0)
        self._before = dict.fromkeys(ports, 0.0)

    def total(self) -> int:
        """Read the endpoints and return the sum."""
        for port, last in self._seen.items():
            now = _read(port, self._name)
            if now is None:
                continue
            if now < last:
                self._before[port] += last
            self._seen[port] = now
        return round(sum(self._seen.values()) + sum(self._before.values()))


def free_port() -> int:
    """Return a port of the loopback address that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read(port: int, name: str) -> float | None:
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
        if sample.name == name
    )
