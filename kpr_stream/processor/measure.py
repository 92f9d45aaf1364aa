"""The observer of a real worker: what it is told becomes Prometheus metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from kpr_stream.metrics import UNKNOWN, Metrics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.words import OUTCOMES, System
from kpr_stream.processor.effects import CarriedOut
from kpr_stream.processor.settle_delivery import Settled, Unit


class MetricsObserver:
    """Counts. Blocked units are kept by lane, since a lane may leave with its units."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._blocked: dict[int, set[Unit]] = {}

    def lane_opened(self, lane: int, seconds: float, blocked: Collection[Unit]) -> None:
        """See Observer."""
        self._metrics.lane_openings.inc()
        self._metrics.lane_opening_seconds.observe(seconds)
        self._blocked[lane] = set(blocked)
        self._show_lanes()

    def ledger_read(self, records: int) -> None:
        """See Observer."""
        self._metrics.ledger_rebuilt.inc(records)

    def lane_closed(self, lane: int) -> None:
        """See Observer."""
        self._blocked.pop(lane, None)
        self._metrics.forget_lane(lane)
        self._show_lanes()

    def committed(self, lane: int, seconds: float, settled: Sequence[Settled]) -> None:
        """See Observer."""
        self._metrics.commits.inc()
        self._metrics.commit_seconds.observe(seconds)
        blocked = self._blocked.setdefault(lane, set())
        for one in settled:
            self._delivery(one)
            if one.blocks is not None:
                (blocked.add if one.blocks else blocked.discard)((one.system, one.org_nr))
        self._show_blocked()

    def carried_out(self, lane: int, done: CarriedOut) -> None:
        """See Observer."""
        command, effects = done.command, done.effects
        kind = command.kind if command.kind in list(CommandKind) else UNKNOWN
        self._metrics.commands(kind, effects.status).inc()
        for (system, outcome), items in effects.replayed.items():
            self._metrics.replayed_items(system, outcome).inc(items)
        if effects.unit is not None and effects.unit.blocked_since is None:
            unit = effects.unit.system, effects.unit.org_nr
            self._blocked.setdefault(lane, set()).discard(unit)
            self._show_blocked()

    def aborted(self, lane: int) -> None:
        """See Observer."""
        del lane
        self._metrics.aborts.inc()

    def waiting(self, lane: int, records: int, ledger_entries: int) -> None:
        """See Observer."""
        self._metrics.lane_waiting(lane).set(records)
        self._metrics.ledger_entries(lane).set(ledger_entries)

    def _delivery(self, one: Settled) -> None:
        metrics, place = self._metrics, (one.system, one.municipality_code)
        metrics.deliveries(*place, one.status).inc()
        metrics.delivery_bytes(one.system).inc(one.payload_bytes)
        metrics.last_delivery(*place).set(one.at / 1000)
        for outcome, items in zip(OUTCOMES, one.outcomes, strict=False):
            if items:
                metrics.items(*place, outcome).inc(items)
        for rule, items in Counter(one.rules).items():
            metrics.rule_findings(one.system, rule).inc(items)

    def _show_lanes(self) -> None:
        self._metrics.lanes_open.set(len(self._blocked))
        self._show_blocked()

    def _show_blocked(self) -> None:
        units = Counter(system for lane in self._blocked.values() for system, _ in lane)
        for system in System:
            self._metrics.units_blocked(system).set(units[system])
