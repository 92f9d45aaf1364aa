"""Create the metrics of one process and reach each by its row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final, cast

import prometheus_client
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from kpr_stream import __version__
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.metric import AnyMetric, Instrument, Metric, Process
from kpr_stream.metrics.process import BUILD_INFO, CONTRACT_INFO, DISK_FREE, DISK_SIZE, READY
from kpr_stream.metrics.table import METRICS
from kpr_stream.model.words import OUTCOMES, SYSTEMS
from kpr_stream.process.folders import disk_space

_FORESEEN: Final[Mapping[str, Collection[str]]] = {"system": SYSTEMS, "outcome": OUTCOMES}
"""Values of labels that mean the same in every metric."""


class Metrics:
    """The metrics of one process, created in ``registry`` from their rows."""

    def __init__(
        self,
        served_by: Process,
        registry: CollectorRegistry,
        **foreseen: Collection[str],
    ) -> None:
        """Create each metric of the process, and start counters and histograms at zero.

        ``foreseen``: values of labels that only the process knows, by label. A counter that is born
        with its first value loses that value in ``increase()``.
        """
        self.served_by, self.registry = served_by, registry
        # A third of all series, which nothing reads.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._instruments = {
            metric: _create(metric, registry) for metric in METRICS if served_by in metric.served_by
        }
        for metric, instrument in self._instruments.items():
            if metric.type is not Gauge and metric.labels:
                for values in _label_sets(metric, {**_FORESEEN, **foreseen}):
                    instrument.labels(*values)

    def of(self, metric: Metric[Instrument], *labels: str | int) -> Instrument:
        """Return the counter, gauge or histogram with these label values.

        The values are in the row's order. ValueError if their number is wrong, KeyError if this
        process does not serve the metric.
        """
        instrument: Any = self._instruments[metric]
        values = _values(metric, labels)
        return cast("Instrument", instrument.labels(*values) if values else instrument)

    def forget(self, metric: Metric[Instrument], *labels: str | int) -> None:
        """Stop serving the value of these labels, where another process serves it now."""
        self._instruments[metric].remove(*_values(metric, labels))


def describe_process(
    metrics: Metrics,
    health: Health,
    *,
    name: str,
    home: Path,
    contracts: Collection[tuple[str, int]],
) -> None:
    """Add what the process is: release, contracts, and the use of memory, CPU, files and disk."""
    ProcessCollector(registry=metrics.registry)
    PlatformCollector(registry=metrics.registry)
    GCCollector(registry=metrics.registry)
    metrics.of(BUILD_INFO, __version__, metrics.served_by.value, name).set(1)
    metrics.of(READY).set_function(lambda: float(not health.against_ready()))
    metrics.of(DISK_FREE).set_function(lambda: disk_space(home).free)
    metrics.of(DISK_SIZE).set_function(lambda: disk_space(home).size)
    for schema, version in contracts:
        metrics.of(CONTRACT_INFO, schema, version).set(1)


def _values(metric: AnyMetric, labels: Sequence[str | int]) -> list[str]:
    return [str(value) for _, value in zip(metric.labels, labels, strict=True)]


def _label_sets(
    metric: AnyMetric, foreseen: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, ...]]:
    """Every label set that can be foreseen; none if the values of one label are not known."""
    known = {**foreseen, **dict(metric.foreseen)}
    return product(*([str(value) for value in known.get(label, ())] for label in metric.labels))


def _create(metric: AnyMetric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if metric.type is Histogram:
        return Histogram(
            metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry
        )
    return metric.type(metric.name, metric.help, metric.labels, registry=registry)
