"""Alerts about the worker, the ledgers and the books."""

from __future__ import annotations

from typing import Final

from kpr_stream.model.topics import PARTITIONS
from kpr_stream.overview.limits import PROBE_S, WAITS_S
from tools.alerts.alert import Alert, Group, Severity
from tools.alerts.durations import number

ALERTS: Final = (
    Alert(
        name="BooksDoNotBalance",
        group=Group.RECEIVER,
        severity=Severity.PAGE,
        expression="max by (system, fault) (kpr_books_imbalance_deliveries) > 0",
        lasts="1m",
        summary="{{ $labels.system }}: {{ $value }} deliveries with the fault {{ $labels.fault }}",
        description=(
            "Receipts, rows and quarantined items of a delivery do not agree: it was lost or "
            "doubled. Stop the workers, keep the topics, and look at the delivery in the "
            "exporter's log."
        ),
    ),
    Alert(
        name="OldestUnprocessed",
        group=Group.RECEIVER,
        severity=Severity.TICKET,
        expression=f"max by (system) (kpr_oldest_waiting_seconds) > {number(WAITS_S)}",
        lasts="5m",
        summary="{{ $labels.system }}: a delivery waits for its receipt",
        description=(
            "The oldest delivery without a receipt has waited for {{ $value | humanizeDuration }}. "
            "Workers are slower than what arrives, or one lane does not move."
        ),
    ),
    Alert(
        name="NoCommits",
        group=Group.RECEIVER,
        severity=Severity.PAGE,
        expression=(
            "sum(kpr_unprocessed_deliveries) > 0\nunless on () sum(rate(kpr_commits_total[5m])) > 0"
        ),
        lasts="10m",
        summary="Deliveries wait and no worker commits",
        description=(
            "{{ $value }} deliveries wait. No worker runs, or none gets a transaction through. "
            "Nothing is received."
        ),
    ),
    Alert(
        name="LaneUnowned",
        group=Group.RECEIVER,
        severity=Severity.PAGE,
        expression=f"{PARTITIONS} - (sum(kpr_lanes_open) or vector(0)) > 0",
        lasts="10m",
        summary="{{ $value }} lanes have no worker",
        description=(
            "The units of these lanes get no receipts, all others do. A worker is missing, or a "
            "lane does not open."
        ),
    ),
    Alert(
        name="LedgerRebuildsOften",
        group=Group.RECEIVER,
        severity=Severity.TICKET,
        expression=(
            "sum(increase(kpr_ledger_rebuilt_records_total[6h])) > 2 * sum(kpr_ledger_entries)\n"
            f"and on () sum(increase(kpr_lane_openings_total[6h])) > {2 * PARTITIONS}"
        ),
        lasts="5m",
        summary="Ledgers are rebuilt again and again",
        description=(
            "{{ $value | humanize }} records were read in six hours to open lanes, more than twice "
            "what all ledgers hold. Lanes move, or a ledger's folder does not survive a restart."
        ),
    ),
    Alert(
        name="ProbeFails",
        group=Group.RECEIVER,
        severity=Severity.PAGE,
        expression=(
            f"time() - max(kpr_probe_last_success_timestamp_seconds) > {number(PROBE_S)}\n"
            "or absent(kpr_probe_last_success_timestamp_seconds)"
        ),
        lasts="5m",
        summary="The probe gets no receipt",
        description=(
            "The synthetic hello of each minute is not answered, or the probe does not run. Real "
            "deliveries may wait too, and nothing else would show it."
        ),
    ),
)
