"""The metrics of a worker."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from kpr_stream.metrics.metric import (
    BRIEF_SECONDS,
    LATENCY_SECONDS,
    OPENING_SECONDS,
    UNKNOWN,
    WORKER,
    Metric,
    MetricUnit,
)
from kpr_stream.model.command import CommandKind, ResultStatus
from kpr_stream.model.stages import Stage
from kpr_stream.model.words import Cause, ReceiptStatus

DELIVERIES: Final = Metric(
    served_by=WORKER,
    name="kpr_deliveries_total",
    type=Counter,
    unit=MetricUnit.DELIVERIES,
    labels=("system", "status"),
    foreseen=(("status", tuple(ReceiptStatus)),),
    help="Deliveries answered, by the receipt's status.",
)
ITEMS: Final = Metric(
    served_by=WORKER,
    name="kpr_items_total",
    type=Counter,
    unit=MetricUnit.ITEMS,
    labels=("system", "outcome"),
    help="Items received, by outcome.",
)
REFUSALS: Final = Metric(
    served_by=WORKER,
    name="kpr_refusals_total",
    type=Counter,
    unit=MetricUnit.DELIVERIES,
    labels=("system", "cause"),
    foreseen=(("cause", tuple(Cause)),),
    help="Deliveries refused, by the cause in the receipt.",
)
RULE_FINDINGS: Final = Metric(
    served_by=WORKER,
    name="kpr_rule_findings_total",
    type=Counter,
    unit=MetricUnit.FINDINGS,
    labels=("system", "rule", "severity"),
    help="Findings of a rule; `set_aside`: a value was left out for it.",
)
DELIVERY_BYTES: Final = Metric(
    served_by=WORKER,
    name="kpr_delivery_bytes_total",
    type=Counter,
    unit=MetricUnit.BYTES,
    labels=("system",),
    help="Bytes of deliveries received.",
)
COMMANDS: Final = Metric(
    served_by=WORKER,
    name="kpr_commands_total",
    type=Counter,
    unit=MetricUnit.COMMANDS,
    labels=("kind", "status"),
    foreseen=(("kind", (*CommandKind, UNKNOWN)), ("status", tuple(ResultStatus))),
    help="Commands answered by a lane.",
)
REPLAYED_ITEMS: Final = Metric(
    served_by=WORKER,
    name="kpr_replayed_items_total",
    type=Counter,
    unit=MetricUnit.ITEMS,
    labels=("system", "outcome"),
    help="Rejected items that a command has received again, by their new outcome.",
)
RECEIPT_LATENCY: Final = Metric(
    served_by=WORKER,
    name="kpr_receipt_latency_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    labels=("system",),
    help="From the delivery's arrival at the broker to the commit of its receipt.",
    buckets=LATENCY_SECONDS,
)
OLDEST_WAITING: Final = Metric(
    served_by=WORKER,
    name="kpr_oldest_waiting_seconds",
    type=Gauge,
    unit=MetricUnit.SECONDS,
    labels=("system",),
    help="How long the oldest delivery has waited that no receipt answers yet; 0: none waits.",
)
LANE_WAITING: Final = Metric(
    served_by=WORKER,
    name="kpr_lane_waiting_records",
    type=Gauge,
    unit=MetricUnit.RECORDS,
    labels=("lane",),
    help="Records that wait in a lane.",
)
LANES_OPEN: Final = Metric(
    served_by=WORKER,
    name="kpr_lanes_open",
    type=Gauge,
    unit=MetricUnit.LANES,
    help="Lanes that this process serves.",
)
LANE_OPENINGS: Final = Metric(
    served_by=WORKER,
    name="kpr_lane_openings_total",
    type=Counter,
    unit=MetricUnit.LANES,
    help="Lanes opened.",
)
LANE_OPENING_SECONDS: Final = Metric(
    served_by=WORKER,
    name="kpr_lane_opening_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    help="From the fence to the first record, ledger catch-up included.",
    buckets=OPENING_SECONDS,
)
LANE_OPENING_LEFT: Final = Metric(
    served_by=WORKER,
    name="kpr_lane_opening_records_left",
    type=Gauge,
    unit=MetricUnit.RECORDS,
    labels=("lane",),
    help="About how many records a lane must still read before it serves; 0: it serves.",
)
FRAME_SECONDS: Final = Metric(
    served_by=WORKER,
    name="kpr_frame_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    help="Decryption, rules and enrichment of one frame.",
)
STAGE_SECONDS: Final = Metric(
    served_by=WORKER,
    name="kpr_stage_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    labels=("stage",),
    foreseen=(("stage", tuple(Stage)),),
    help="One stage of one batch, without waiting for its turn.",
    buckets=BRIEF_SECONDS,
)
COMMIT_SECONDS: Final = Metric(
    served_by=WORKER,
    name="kpr_commit_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    help="One Kafka transaction, begin to commit.",
)
COMMITS: Final = Metric(
    served_by=WORKER,
    name="kpr_commits_total",
    type=Counter,
    unit=MetricUnit.TRANSACTIONS,
    help="Kafka transactions committed.",
)
ABORTS: Final = Metric(
    served_by=WORKER,
    name="kpr_aborts_total",
    type=Counter,
    unit=MetricUnit.TRANSACTIONS,
    help="Kafka transactions aborted.",
)
COLUMNS_FAILED: Final = Metric(
    served_by=WORKER,
    name="kpr_columns_failed_total",
    type=Counter,
    unit=MetricUnit.TRANSACTIONS,
    help="Micro-batches decided item by item because deciding in columns raised. Outcomes are the "
    "same, only slower: report the log's line.",
)
LEDGER_ENTRIES: Final = Metric(
    served_by=WORKER,
    name="kpr_ledger_entries",
    type=Gauge,
    unit=MetricUnit.KEYS,
    labels=("lane",),
    help="Keys that a ledger holds.",
)
LEDGER_BYTES: Final = Metric(
    served_by=WORKER,
    name="kpr_ledger_bytes",
    type=Gauge,
    unit=MetricUnit.BYTES,
    labels=("lane",),
    help="Size of a ledger's files on disk.",
)
LEDGER_REBUILT: Final = Metric(
    served_by=WORKER,
    name="kpr_ledger_rebuilt_records_total",
    type=Counter,
    unit=MetricUnit.RECORDS,
    help="Records read to rebuild ledgers.",
)
RULES_INFO: Final = Metric(
    served_by=WORKER,
    name="kpr_rules_info",
    type=Gauge,
    unit=MetricUnit.ONE,
    labels=("rule_set", "reference"),
    help="The versions of the rule set and of the reference data in use.",
)
KEY_EXPIRES: Final = Metric(
    served_by=WORKER,
    name="kpr_key_expires_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    labels=("purpose", "key_id"),
    help="When a key must be replaced, as the key file says; no series where it says nothing.",
)

OF_LANE: Final = (LANE_WAITING, LANE_OPENING_LEFT, LEDGER_ENTRIES, LEDGER_BYTES)
"""What only the owner of a lane serves."""
