"""The metrics of the exporter. ``docs/operate/exporter.md`` lists the same rows."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

from kpr_stream.metrics.metric import AnyMetric, Metric, MetricUnit, Process

_UNIT: Final = ("org_nr", "system")
_SOURCE: Final = ("system", "municipality")


def _gauge(name: str, unit: MetricUnit, labels: tuple[str, ...], text: str) -> Metric[Gauge]:
    return Metric(
        served_by=(Process.EXPORTER,), name=name, type=Gauge, unit=unit, labels=labels, help=text
    )


def _counter(name: str, unit: MetricUnit, labels: tuple[str, ...], text: str) -> Metric[Counter]:
    return Metric(
        served_by=(Process.EXPORTER,), name=name, type=Counter, unit=unit, labels=labels, help=text
    )


UNIT_INFO: Final = _gauge(
    "kpr_unit_info",
    MetricUnit.ONE,
    (
        *_UNIT,
        *("municipality", "municipality_name", "county", "county_name"),
        *("software_version", "agreement"),
    ),
    "Where a unit is, its EPJ release, and its agreement: expected, begun, paused, ended, missing.",
)
LAST_DELIVERY: Final = _gauge(
    "kpr_unit_last_delivery_timestamp_seconds",
    MetricUnit.UNIX_SECONDS,
    _UNIT,
    "When the newest processed delivery arrived, empty ones included; 0: never.",
)
LAST_CONTENT: Final = _gauge(
    "kpr_unit_last_content_timestamp_seconds",
    MetricUnit.UNIX_SECONDS,
    _UNIT,
    "When the newest processed delivery with items arrived; 0: never.",
)
DAYS_WITHOUT_CONTENT: Final = _gauge(
    "kpr_unit_days_without_content",
    MetricUnit.DAYS,
    _UNIT,
    "Working days in school weeks since the newest content; no series before the first delivery.",
)
REPORT_DUE: Final = _gauge(
    "kpr_unit_report_due_timestamp_seconds",
    MetricUnit.UNIX_SECONDS,
    _UNIT,
    "When the next delivery is due; no series where none is expected.",
)
BLOCKED_SINCE: Final = _gauge(
    "kpr_unit_blocked_since_timestamp_seconds",
    MetricUnit.UNIX_SECONDS,
    (*_UNIT, "reason"),
    "Since when a unit is blocked, and why; no series while it is not.",
)
NEXT_SEQUENCE: Final = _gauge(
    "kpr_unit_next_sequence",
    MetricUnit.DELIVERIES,
    _UNIT,
    "The sequence that is expected next.",
)
MISSING_DELIVERIES: Final = _gauge(
    "kpr_unit_missing_deliveries",
    MetricUnit.DELIVERIES,
    _UNIT,
    "Sequences that a unit was let skip and has not delivered; no series without a gap.",
)
REJECTED_30D: Final = _gauge(
    "kpr_unit_items_rejected_30d",
    MetricUnit.ITEMS,
    _UNIT,
    "Items rejected today and in the 30 days before.",
)
COVERED_MONTHS: Final = _gauge(
    "kpr_unit_covered_months",
    MetricUnit.MONTHS,
    _UNIT,
    "Expected months that the periods of processed deliveries cover.",
)
EXPECTED_MONTHS: Final = _gauge(
    "kpr_unit_expected_months",
    MetricUnit.MONTHS,
    _UNIT,
    "Months since January 2017 that must be covered.",
)
UNITS_LEFT_OUT: Final = _gauge(
    "kpr_units_left_out",
    MetricUnit.UNITS,
    (),
    "Units without series because there are too many of them.",
)
EXACT_DELIVERIES: Final = _counter(
    "kpr_exact_deliveries_total",
    MetricUnit.DELIVERIES,
    (*_SOURCE, "kind"),
    "Deliveries as the units' states count them: with_content, empty, refused.",
)
EXACT_ITEMS: Final = _counter(
    "kpr_exact_items_total",
    MetricUnit.ITEMS,
    (*_SOURCE, "outcome"),
    "Items received as the units' states count them, by outcome.",
)
RELEASE_STOPPED: Final = _gauge(
    "kpr_release_stopped_since_timestamp_seconds",
    MetricUnit.UNIX_SECONDS,
    ("system", "software_version"),
    "Since when a release is stopped in at least one lane; no series while it is not.",
)
RELEASE_ADMITTED: Final = _gauge(
    "kpr_release_admitted_until_timestamp_seconds",
    MetricUnit.UNIX_SECONDS,
    ("system", "software_version"),
    "When a release's admission on its certificate ends; no series from 30 days after it.",
)
RELEASE_ITEMS: Final = _counter(
    "kpr_release_items_total",
    MetricUnit.ITEMS,
    ("system", "software_version", "outcome"),
    "Items received since the exporter started, by EPJ release; of the 200 releases heard of last.",
)
UNPROCESSED: Final = _gauge(
    "kpr_unprocessed_deliveries",
    MetricUnit.DELIVERIES,
    ("system",),
    "Deliveries on the topic that no worker has committed, also while no worker runs.",
)
QUARANTINE_OPEN: Final = _gauge(
    "kpr_quarantine_open_items",
    MetricUnit.ITEMS,
    ("system",),
    "Items that wait in quarantine.",
)
QUARANTINE_OLDEST: Final = _gauge(
    "kpr_quarantine_oldest_timestamp_seconds",
    MetricUnit.UNIX_SECONDS,
    ("system",),
    "When the oldest open item was rejected; 0: none is open.",
)
BOOKS_IMBALANCE: Final = _gauge(
    "kpr_books_imbalance_deliveries",
    MetricUnit.DELIVERIES,
    ("system", "fault"),
    "Deliveries whose receipts, rows and quarantined items do not agree; 0 when all is well.",
)
BOOKS_COMPARED: Final = _counter(
    "kpr_books_compared_deliveries_total",
    MetricUnit.DELIVERIES,
    ("system",),
    "Deliveries compared since the exporter started.",
)
BOOKS_CHECKED: Final = _gauge(
    "kpr_books_checked_timestamp_seconds",
    MetricUnit.UNIX_SECONDS,
    (),
    "When the topics were last read to their end and compared.",
)

ROWS: Final[tuple[AnyMetric, ...]] = tuple(
    row for row in tuple(globals().values()) if isinstance(row, Metric)
)
"""Every row above, in its order."""
