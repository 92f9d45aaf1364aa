"""The panel of receipts that two dashboards show."""

from __future__ import annotations

from deploy.grafana.parts.colours import BAD, GOOD, LATE, QUANTILE_COLOURS
from deploy.grafana.parts.panels import Asked, Panel, lines
from deploy.grafana.parts.queries import SYSTEM, Query, quantile


def receipt_latency(*, to: str, width: int, height: int) -> Panel:
    """Draw how fast receipts come, with the objective of live deliveries."""
    return lines(
        Asked(
            question="How fast does a receipt come?",
            why="From the arrival of a delivery at the broker to the commit of its receipt. The "
            "dashed line is the objective, 250 ms for 99 % of live deliveries.",
            unit="s",
            steps=((None, GOOD), (0.25, LATE), (60, BAD)),
            runbook="OldestUnprocessed",
            to=to,
            width=width,
            height=height,
        ),
        Query(quantile(0.5, "kpr_receipt_latency_seconds", SYSTEM), "half"),
        Query(quantile(0.95, "kpr_receipt_latency_seconds", SYSTEM), "95 %"),
        Query(quantile(0.99, "kpr_receipt_latency_seconds", SYSTEM), "99 %"),
        colours=QUANTILE_COLOURS,
        limit_shown=True,
    )
