"""Panels of the pipeline behind the workers: sinks, database and processes."""

from __future__ import annotations

from deploy.grafana.parts import links
from deploy.grafana.parts.colours import (
    BAD,
    GOOD,
    LATE,
    NOTHING_IS_LATE,
)
from deploy.grafana.parts.columns import Column
from deploy.grafana.parts.panels import Asked, Panel, lines, number, ranking, rows
from deploy.grafana.parts.queries import RATE, SYSTEM, Query

_SINK_COLOURS = {"content": "#4A7FB5", "identity": "#7A5BA6"}
_PROCESS = "job, name"


def oldest_unapplied() -> Panel:
    """Return how far the slowest sink is behind."""
    return number(
        Asked(
            question="How far are the sinks behind?",
            why="How long the oldest record has waited that a sink has fetched and not written.",
            unit="s",
            steps=((None, GOOD), (60, LATE), (600, BAD)),
            runbook="SinkBehind",
            to=links.NATION,
            width=4,
            height=4,
        ),
        Query("max(kpr_sink_oldest_unapplied_seconds)"),
        missing="no sink",
    )


def panels() -> list[Panel]:
    """Return what the sinks do and how the database answers them."""
    return [_row_latency(), _lag(), _positions(), _batches(), _retries(), _budget()]


def processes() -> list[Panel]:
    """Return every process with its health and its resources."""
    by = f"max by ({_PROCESS})"
    free = "kpr_disk_free_bytes / kpr_disk_size_bytes"
    return [
        rows(
            Asked(
                question="Is every process well?",
                why="Every process that Prometheus knows. Ready 0: `/readyz` of the process says "
                "why. A process that was killed stays here as down.",
                unit="short",
                steps=((None, BAD), (1, GOOD)),
                runbook="TargetDown",
                to=links.NATION,
                width=24,
                height=8,
            ),
            [
                Column(name="Process", label="job"),
                Column(name="Name", label="name"),
                Column(name="Up", query=f'{by} (up{{job=~"kpr-.*"}})', texts=_UP),
                Column(name="Ready", query=f"{by} (kpr_ready)", texts=_READY),
                Column(
                    name="Running for",
                    query=f'{by} (time() - process_start_time_seconds{{job=~"kpr-.*"}})',
                    unit="s",
                ),
                Column(
                    name="Memory",
                    query=f'{by} (process_resident_memory_bytes{{job=~"kpr-.*"}})',
                    unit="bytes",
                    steps=((None, GOOD), (4e9, LATE), (8e9, BAD)),
                ),
                Column(
                    name="Processors",
                    query=f'{by} (rate(process_cpu_seconds_total{{job=~"kpr-.*"}}[{RATE}]))',
                    decimals=2,
                ),
                Column(
                    name="Disk free",
                    query=f"min by ({_PROCESS}) ({free})",
                    unit="percentunit",
                    decimals=0,
                    steps=((None, BAD), (0.1, LATE), (0.2, GOOD)),
                ),
            ],
            first="Process",
            per_row=_PROCESS.split(", "),
        )
    ]


_UP = {0: ("down", BAD), 1: ("up", GOOD)}
_READY = {0: ("not ready", BAD), 1: ("ready", GOOD)}


def _row_latency() -> Panel:
    sink = f'sink=~".+", {SYSTEM}'
    by = f"sum by (le, sink) (rate(kpr_sink_row_latency_seconds_bucket{{{sink}}}[{RATE}]))"
    return lines(
        Asked(
            question="How soon is a delivery in the database?",
            why="From the arrival of a delivery at the broker to the commit of its rows, for "
            "99 % of them. The dashed line is the objective, 60 s.",
            unit="s",
            steps=((None, GOOD), (60, LATE), (600, BAD)),
            runbook="SinkBehind",
            to=links.NATION,
            width=8,
            height=8,
        ),
        Query(f"histogram_quantile(0.99, {by})", "{{sink}}"),
        colours=_SINK_COLOURS,
        limit_shown=True,
    )


def _lag() -> Panel:
    return lines(
        Asked(
            question="How many records has each sink still to write?",
            why="Offsets between the next record to apply and the end of its topic, over all "
            "partitions.",
            unit="short",
            steps=((None, GOOD), (10_000, LATE), (1_000_000, BAD)),
            runbook="SinkBehind",
            to=links.NATION,
            width=8,
            height=8,
        ),
        Query("sum by (sink) (kpr_sink_lag_records)", "{{sink}}"),
        colours=_SINK_COLOURS,
    )


def _positions() -> Panel:
    return lines(
        Asked(
            question="How fast are the topics read?",
            why="Kafka offsets that the sinks pass a second, by topic. A flat line at 0 while "
            "workers commit means that the sink has stopped.",
            unit="suffix: /s",
            steps=NOTHING_IS_LATE,
            runbook="SinkStopped",
            to=links.NATION,
            width=8,
            height=8,
        ),
        # A position is a gauge: it goes back when a partition is rebuilt.
        Query(f"sum by (topic) (clamp_min(deriv(kpr_sink_position[{RATE}]), 0))", "{{topic}}"),
    )


def _batches() -> Panel:
    by = f"sum by (le, sink) (rate(kpr_sink_batch_seconds_bucket[{RATE}]))"
    return lines(
        Asked(
            question="How long does a database transaction take?",
            why="The time of 99 % of the sinks' transactions, retries included. PostgreSQL as "
            "the sinks see it.",
            unit="s",
            steps=((None, GOOD), (1, LATE), (10, BAD)),
            runbook="SinkBehind",
            to=links.NATION,
            width=8,
            height=8,
        ),
        Query(f"histogram_quantile(0.99, {by})", "{{sink}}"),
        colours=_SINK_COLOURS,
        limit_shown=True,
    )


def _retries() -> Panel:
    return lines(
        Asked(
            question="Why does the database refuse?",
            why="Attempts that a sink repeated, a second, by cause. `unreachable`: the server "
            "did not answer.",
            unit="suffix: /s",
            steps=((None, GOOD), (1e-9, LATE), (1, BAD)),
            runbook="SinkStopped",
            to=links.NATION,
            width=8,
            height=8,
        ),
        Query(
            f"topk(5, sum by (sink, cause) (rate(kpr_sink_retries_total[{RATE}])))",
            "{{sink}} {{cause}}",
        ),
    )


def _budget() -> Panel:
    return ranking(
        Asked(
            question="How much of the error budget is left?",
            why="Of 30 days. Receipts: 99.9 % of the minutes have 99 % of their receipts within "
            "250 ms. Rows: 99.9 % of the rows are in the database within 60 s.",
            unit="percentunit",
            steps=((None, BAD), (0.1, LATE), (0.5, GOOD)),
            runbook="RowsLate",
            to=links.NATION,
            width=8,
            height=8,
            decimals=0,
        ),
        Query("clamp_min(max by (slo) (slo:period_error_budget_remaining:ratio), 0)", "{{slo}}"),
        most=1,
    )
