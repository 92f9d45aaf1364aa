"""Measure how far a sink is: its metrics, and whether it makes progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from aiokafka import ConsumerRecord, TopicPartition

from kpr_stream.database.transient import cause_class
from kpr_stream.errors import BrokerError
from kpr_stream.kafka.foreign import has_ledger_header
from kpr_stream.kafka.partition_reader import Fetched
from kpr_stream.metrics import sink as rows
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.model.header import HEADER_NAME, source_topic
from kpr_stream.model.words import SYSTEMS

SLOW_S: Final = 10.0
"""A fetch returns after 0.2 s and a transaction takes milliseconds: one that takes this long makes
no progress."""


class SinkProgress:
    """What a sink has fetched, and what of it is in the database. For one event loop."""

    def __init__(
        self, sink: str, metrics: Metrics, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._sink, self._metrics, self._clock = sink, metrics, clock
        self._applied: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._waiting: list[float] = []
        """When the oldest delivery of each fetched batch arrived, until the batch is written."""
        self._began: dict[str, float] = {"The sink has not connected for": clock()}
        self._silent: str | None = None
        self._stalled_since: float | None = None
        # At each scrape: it must grow while nothing else changes.
        metrics.of(rows.SINK_OLDEST_UNAPPLIED, sink).set_function(self._oldest_unapplied)
        metrics.of(rows.SINK_APPLIED, sink).set(0)
        metrics.of(rows.SINK_COMMITTED, sink).set(0)

    def against_ready(self) -> str | None:
        """Return why the sink makes no progress, or None."""
        now = self._clock()
        for what, began in self._began.items():
            if now - began > SLOW_S or not self._applied:
                return f"{what} {now - began:.0f} s."
        if (stalled_s := self.stalled_s()) > SLOW_S:
            return f"Records wait on the topics, and none has arrived here for {stalled_s:.0f} s."
        return self._silent

    def stalled_s(self) -> float:
        """Return for how long (s) records have waited on the topics while none arrived here."""
        return 0.0 if self._stalled_since is None else self._clock() - self._stalled_since

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Note that Kafka is asked while the block runs."""
        with self._noted("Kafka has not answered for"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Note that a transaction runs, with its retries, while the block runs."""
        with self._noted("The database has not committed for"):
            yield

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        self._began[what] = self._clock()
        try:
            yield
        finally:
            del self._began[what]

    def restarted(self) -> None:
        """Forget what was fetched: every partition is read again from its position."""
        self._began.pop("The sink has not connected for", None)
        self._waiting.clear()
        self._stalled_since = None

    def fetched(self, found: Fetched, end_of: Callable[[TopicPartition], int | None]) -> None:
        """Note the records of a fetch, and the ends of the topics as it saw them."""
        if found:
            self._stalled_since = None
            self._waiting.append(min(r.timestamp for batch in found.values() for r in batch) / 1000)
        self.measured({tp: end for tp in self._applied if (end := end_of(tp)) is not None})

    def measured(self, ends: Mapping[TopicPartition, int]) -> None:
        """Note where the topics end."""
        self._silent = None
        self._ends.update(ends)
        for tp in ends:
            self._show_lag(tp)
        behind = any(self._applied[tp] < end for tp, end in self._ends.items())
        if self._waiting or not behind:
            self._stalled_since = None
        elif self._stalled_since is None:
            self._stalled_since = self._clock()

    def unanswered(self, cause: BrokerError) -> None:
        """Note that Kafka does not say where the topics end."""
        self._silent = cause.message

    def placed(self, tp: TopicPartition, next_offset: int) -> None:
        """Note that everything before an offset is in the database."""
        if next_offset > self._applied.get(tp, -1):
            self._stalled_since = None
        self._applied[tp] = next_offset
        self._metrics.of(rows.SINK_POSITION, self._sink, tp.topic, tp.partition).set(next_offset)
        self._show_lag(tp)

    def written(self, number: int, seconds: float, fetched: bool, live: Fetched) -> None:  # noqa: FBT001
        """Count a committed batch. ``live``: its records, without those that are read again."""
        now, of = self._clock(), self._metrics.of
        if fetched and self._waiting:
            self._waiting.pop(0)
        of(rows.SINK_BATCH_SECONDS, self._sink).observe(seconds)
        of(rows.SINK_BATCHES, self._sink).inc()
        of(rows.SINK_ROWS, self._sink).inc(number)
        of(rows.SINK_COMMITTED, self._sink).set(now)
        arrivals = _arrivals(live)
        for system, arrived in arrivals:
            of(rows.SINK_ROW_LATENCY, self._sink, system).observe(max(0.0, now - arrived))
        if arrivals:
            of(rows.SINK_APPLIED, self._sink).set(max(arrived for _, arrived in arrivals))

    def rebuilt(self) -> None:
        """Count a partition that is read again."""
        self._metrics.of(rows.SINK_REBUILDS, self._sink).inc()

    def retried(self, cause: BaseException) -> None:
        """Count an attempt that is repeated."""
        self._metrics.of(rows.SINK_RETRIES, self._sink, cause_class(cause)).inc()

    def _oldest_unapplied(self) -> float:
        return max(0.0, self._clock() - min(self._waiting, default=self._clock()))

    def _show_lag(self, tp: TopicPartition) -> None:
        if tp in self._ends:
            lag = max(0, self._ends[tp] - self._applied[tp])
            self._metrics.of(rows.SINK_LAG, self._sink, tp.topic, tp.partition).set(lag)


def _arrivals(fetched: Fetched) -> set[tuple[str, float]]:
    """System and arrival (seconds since 1970) of each delivery.

    Records of commands have none, nor have those that the processor did not write.
    """
    first: dict[tuple[int, int], ConsumerRecord] = {}
    for tp, records in fetched.items():
        for record in records:
            if has_ledger_header(record.headers):
                first.setdefault((tp.partition, record.timestamp), record)
    found = set()
    for record in first.values():
        topic = source_topic(next(value for name, value in record.headers if name == HEADER_NAME))
        if topic < len(SYSTEMS):
            found.add((SYSTEMS[topic].value, record.timestamp / 1000))
    return found
