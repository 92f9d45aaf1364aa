"""What a metric is: one row of the table, as Prometheus shows it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram

UNKNOWN: Final = "unknown"
"""The label value for everything that is not on the list of its label."""

SHORT_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets for frames, commits and batches: they take milliseconds; ten seconds is an incident."""
BRIEF_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Buckets for one stage of a batch: some take less than a millisecond."""
OPENING_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Buckets for opening a lane: a moment, or minutes where the ledger is rebuilt."""
LATENCY_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0, 3600.0, 86400.0)
"""Buckets from a live delivery (0.25 s is its objective, 60 s that of its row) to a backlog."""

Instrument = TypeVar("Instrument", Counter, Gauge, Histogram)


class Process(StrEnum):
    """The processes that serve metrics."""

    WORKER = "worker"
    CONTENT_SINK = "content-sink"
    IDENTITY_SINK = "identity-sink"
    CONNECTOR = "connector"
    EXPORTER = "exporter"
    PROBE = "probe"
    PROJECTOR = "projector"


ANY: Final = tuple(Process)
WORKER: Final = (Process.WORKER,)
SINK: Final = (Process.CONTENT_SINK, Process.IDENTITY_SINK)
PROBE: Final = (Process.PROBE,)
PROJECTOR: Final = (Process.PROJECTOR,)
CONNECTOR: Final = (Process.CONNECTOR,)


class MetricUnit(StrEnum):
    """What one unit of a metric's value is."""

    ATTEMPTS = "attempts"
    BYTES = "bytes"
    COMMANDS = "commands"
    CONNECTIONS = "connections"
    DAYS = "days"
    DELIVERIES = "deliveries"
    FILES = "files"
    FINDINGS = "findings"
    ITEMS = "items"
    KEYS = "keys"
    LANES = "lanes"
    MONTHS = "months"
    OFFSETS = "offsets"
    PARTITIONS = "partitions"
    RECORDS = "records"
    ROWS = "rows"
    SECONDS = "seconds"
    TRANSACTIONS = "transactions"
    UNITS = "units"
    UNIX_SECONDS = "seconds since 1970"
    ONE = "always 1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric(Generic[Instrument]):
    """One row of the table: one metric as Prometheus shows it."""

    served_by: tuple[Process, ...]
    name: str
    type: type[Instrument]
    unit: MetricUnit
    labels: tuple[str, ...] = ()
    help: str
    buckets: tuple[float, ...] = SHORT_SECONDS
    """Upper bounds; read for histograms only."""
    foreseen: tuple[tuple[str, Collection[str]], ...] = ()
    """Values of labels that every process knows: a counter starts at zero for each."""


AnyMetric = Metric[Counter] | Metric[Gauge] | Metric[Histogram]
