"""Scrape the metrics of running processes at their endpoints, as Prometheus does."""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from prometheus_client import Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

from kpr_stream.metrics.metric import AnyMetric, MetricUnit

SCRAPE_S: Final = 0.1
ANSWER_S: Final = 5.0

Sample = tuple[int, tuple[tuple[str, str], ...]]
"""Port and labels."""


class Scraped:
    """Every value that each sample has had, in the order of the scrapes."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.types: dict[int, dict[str, str]] = {}
        """By port: the names and types that it serves."""
        self._values: defaultdict[str, defaultdict[Sample, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )

    def seen(self, metric: AnyMetric) -> dict[Sample, list[float]]:
        """Return the distinct values of each sample; of a histogram, of its count."""
        return self._values[metric.name + ("_count" if metric.type is Histogram else "")]

    def total(self, metric: AnyMetric) -> float:
        """Return the newest values of the process that was added last, summed up."""
        return sum(
            values[-1] for (port, _), values in self.seen(metric).items() if port == self.ports[-1]
        )

    def moved(self, metric: AnyMetric) -> bool:
        """Whether a counter has counted something, or a gauge has changed its value.

        One that is always 1 counts as moved where it is served.
        """
        if metric.unit is MetricUnit.ONE:
            return any(values[-1] == 1 for values in self.seen(metric).values())
        if metric.type is Gauge:
            return any(len(set(values)) > 1 for values in self.seen(metric).values())
        return any(values[-1] > 0 for values in self.seen(metric).values())

    async def run(self) -> None:
        """Scrape until cancelled."""
        while True:
            for port in self.ports:
                text = await asyncio.to_thread(_read, port)
                if text is not None:
                    self._note(port, text)
            await asyncio.sleep(SCRAPE_S)

    def _note(self, port: int, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.types[port] = {
            family.name + ("_total" if family.type == "counter" else ""): family.type
            for family in families
            if family.name.startswith("kpr_")
        }
        for family in families:
            for sample in family.samples:
                place = port, tuple(sorted(sample.labels.items()))
                values = self._values[sample.name][place]
                if values[-1:] != [sample.value]:
                    values.append(sample.value)


@asynccontextmanager
async def scraping() -> AsyncIterator[Scraped]:
    """Scrape in the background, whatever ports are added, until the block ends."""
    scraped = Scraped()
    task = asyncio.create_task(scraped.run())
    try:
        yield scraped
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _read(port: int) -> str | None:
    address = f"http://127.0.0.1:{port}/metrics"
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_S) as answer:
            text: str = answer.read().decode()
            return text
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return None  # the process is starting or has ended
