"""Turn what the lanes of a worker report into Prometheus metrics."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from kpr_stream.metrics import worker as metrics
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import UNKNOWN
from kpr_stream.model.command import CommandKind
from kpr_stream.model.stages import Stage
from kpr_stream.model.words import OUTCOMES, SYSTEMS, Outcome, Severity, System
from kpr_stream.processor.commands.effects import ExecutedCommand
from kpr_stream.processor.decide.delivery import DecidedDelivery


class MetricsObserver:
    """An Observer that counts."""

    def __init__(
        self,
        served: Metrics,
        severities: Mapping[str, Severity] | None = None,
        *,
        log_delivery: Callable[[DecidedDelivery, float], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``severities``: the severity of each rule, by its id.

        ``log_delivery`` gets each delivery and how long its commit took.
        """
        self._metrics, self._severities, self._clock = served, severities or {}, clock
        self._log_delivery = log_delivery
        self._open: set[int] = set()
        self._oldest: dict[int, Mapping[System, int]] = {}
        for system in SYSTEMS:
            for rule, severity in self._severities.items():
                served.of(metrics.RULE_FINDINGS, system, rule, severity)
        self._show_lanes()
        self._show_oldest()

    def lane_opened(self, lane: int, seconds: float) -> None:
        """See Observer."""
        self._metrics.of(metrics.LANE_OPENINGS).inc()
        self._metrics.of(metrics.LANE_OPENING_SECONDS).observe(seconds)
        # Who serves a lane is read from this metric; without it the lane looks abandoned until
        # the first count.
        self._metrics.of(metrics.LANE_WAITING, lane).set(0)
        self._open.add(lane)
        self._show_lanes()

    def ledger_read(self, records: int) -> None:
        """See Observer."""
        self._metrics.of(metrics.LEDGER_REBUILT).inc(records)

    def opening(self, lane: int, records_left: int) -> None:
        """See Observer."""
        self._metrics.of(metrics.LANE_OPENING_LEFT, lane).set(records_left)

    def lane_closed(self, lane: int) -> None:
        """See Observer."""
        self._open.discard(lane)
        self._oldest.pop(lane, None)
        self._show_oldest()
        for of_lane in metrics.OF_LANE:
            self._metrics.forget(of_lane, lane)
        self._show_lanes()

    def framed(self, seconds: float) -> None:
        """See Observer."""
        self._metrics.of(metrics.FRAME_SECONDS).observe(seconds)

    def committed(self, lane: int, seconds: float, settled: Sequence[DecidedDelivery]) -> None:
        """See Observer."""
        del lane
        self._metrics.of(metrics.COMMITS).inc()
        self._metrics.of(metrics.COMMIT_SECONDS).observe(seconds)
        self._count(settled)
        if self._log_delivery is not None:
            for one in settled:
                self._log_delivery(one, seconds)

    def executed(self, lane: int, done: ExecutedCommand) -> None:
        """See Observer."""
        del lane
        command, effects = done.command, done.effects
        kind = command.kind if command.kind in list(CommandKind) else UNKNOWN
        self._metrics.of(metrics.COMMANDS, kind, effects.status).inc()
        for (system, outcome), items in effects.replayed.items():
            self._metrics.of(metrics.REPLAYED_ITEMS, system, outcome).inc(items)

    def aborted(self, lane: int) -> None:
        """See Observer."""
        del lane
        self._metrics.of(metrics.ABORTS).inc()

    def columns_failed(self) -> None:
        """See Observer."""
        self._metrics.of(metrics.COLUMNS_FAILED).inc()

    def measured(self, stage: Stage, seconds: float) -> None:
        """See Observer."""
        self._metrics.of(metrics.STAGE_SECONDS, stage).observe(seconds)

    def ledger_size(self, lane: int, entries: int, disk_bytes: int) -> None:
        """See Observer."""
        self._metrics.of(metrics.LEDGER_ENTRIES, lane).set(entries)
        self._metrics.of(metrics.LEDGER_BYTES, lane).set(disk_bytes)

    def waiting(self, lane: int, records: int, oldest: Mapping[System, int]) -> None:
        """See Observer."""
        self._metrics.of(metrics.LANE_WAITING, lane).set(records)
        self._oldest[lane] = oldest
        self._show_oldest()

    def _count(self, settled: Sequence[DecidedDelivery]) -> None:
        """Sum up a batch, then update each metric once.

        An update costs the same for one delivery as for a thousand.
        """
        now = self._clock()
        deliveries = Counter((one.system, one.status) for one in settled)
        of = self._metrics.of
        payload_bytes: Counter[System] = Counter()
        items: Counter[tuple[System, Outcome]] = Counter()
        findings: Counter[tuple[System, str]] = Counter()
        for one in settled:
            payload_bytes[one.system] += one.payload_bytes
            for outcome, number in zip(OUTCOMES, one.outcomes, strict=False):
                items[one.system, outcome] += number
            findings.update((one.system, rule) for rule in one.rules)
            of(metrics.RECEIPT_LATENCY, one.system).observe(max(0.0, now - one.at / 1000))
        for system, cause in ((one.system, one.cause) for one in settled if one.cause):
            of(metrics.REFUSALS, system, cause).inc()
        for labels, number in deliveries.items():
            of(metrics.DELIVERIES, *labels).inc(number)
        for system, number in payload_bytes.items():
            of(metrics.DELIVERY_BYTES, system).inc(number)
        for counted, number in items.items():
            if number:
                of(metrics.ITEMS, *counted).inc(number)
        for (system, rule), number in findings.items():
            severity = self._severities.get(rule, UNKNOWN)
            of(metrics.RULE_FINDINGS, system, rule, severity).inc(number)

    def _show_lanes(self) -> None:
        self._metrics.of(metrics.LANES_OPEN).set(len(self._open))

    def _show_oldest(self) -> None:
        now = self._clock()
        for system in SYSTEMS:
            arrived = min((o[system] for o in self._oldest.values() if system in o), default=None)
            age = 0.0 if arrived is None else max(0.0, now - arrived / 1000)
            self._metrics.of(metrics.OLDEST_WAITING, system).set(age)
