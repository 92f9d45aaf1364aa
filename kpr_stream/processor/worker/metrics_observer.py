"""The observer of a real worker: what it is told becomes Prometheus metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from kpr_stream.metrics import UNKNOWN, Metrics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.words import OUTCOMES, Outcome, System
from kpr_stream.processor.commands.effects import ExecutedCommand
from kpr_stream.processor.decide.delivery import DecidedDelivery, Unit


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

    def committed(self, lane: int, seconds: float, settled: Sequence[DecidedDelivery]) -> None:
        """See Observer."""
        self._metrics.commits.inc()
        self._metrics.commit_seconds.observe(seconds)
        blocked = self._blocked.setdefault(lane, set())
        self._count(settled)
        for one in settled:
            if one.blocks is not None:
                (blocked.add if one.blocks else blocked.discard)((one.system, one.org_nr))
        self._show_blocked()

    def executed(self, lane: int, done: ExecutedCommand) -> None:
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

    def _count(self, settled: Sequence[DecidedDelivery]) -> None:
        """Together: a metric costs as much for a thousand deliveries as for one."""
        metrics = self._metrics
        for alike, number in Counter(
            (one.system, one.municipality_code, one.status) for one in settled
        ).items():
            metrics.deliveries(*alike).inc(number)
        payload_bytes: Counter[System] = Counter()
        items: Counter[tuple[System, str, Outcome]] = Counter()
        findings: Counter[tuple[System, str]] = Counter()
        last: dict[tuple[System, str], int] = {}
        for one in settled:
            payload_bytes[one.system] += one.payload_bytes
            last[one.system, one.municipality_code] = one.at
            for outcome, number in zip(OUTCOMES, one.outcomes, strict=False):
                items[one.system, one.municipality_code, outcome] += number
            findings.update((one.system, rule) for rule in one.rules)
        for system, number in payload_bytes.items():
            metrics.delivery_bytes(system).inc(number)
        for place, at in last.items():
            metrics.last_delivery(*place).set(at / 1000)
        for (system, municipality, outcome), number in items.items():
            if number:
                metrics.items(system, municipality, outcome).inc(number)
        for (system, rule), number in findings.items():
            metrics.rule_findings(system, rule).inc(number)

    def _show_lanes(self) -> None:
        self._metrics.lanes_open.set(len(self._blocked))
        self._show_blocked()

    def _show_blocked(self) -> None:
        units = Counter(system for lane in self._blocked.values() for system, _ in lane)
        for system in System:
            self._metrics.units_blocked(system).set(units[system])
