"""Cases of the alerts about objectives."""

from __future__ import annotations

from typing import Final

from tools.alerts.alert import Severity
from tools.alerts.case import SELDOM, Case, Firing

_RECEIPTS: Final = {"slo": "receipts"}
_ROWS: Final = {"slo": "rows"}


def _receipts(within: str, all_: str) -> dict[str, str]:
    return {
        'kpr_receipt_latency_seconds_bucket{system="eg-infodoc",le="0.25"}': within,
        'kpr_receipt_latency_seconds_count{system="eg-infodoc"}': all_,
    }


def _rows(within: str, all_: str) -> dict[str, str]:
    return {
        'kpr_sink_row_latency_seconds_bucket{sink="content",system="eg-infodoc",le="60.0"}': within,
        'kpr_sink_row_latency_seconds_count{sink="content",system="eg-infodoc"}': all_,
    }


CASES: Final = (
    Case(
        alert="ReceiptsSlow",
        why="5 % take longer for an hour",
        series=_receipts("0+95x90", "0+100x90"),
        at="70m",
        fires=[
            Firing(labels=_RECEIPTS, severity=Severity.TICKET),
            Firing(labels=_RECEIPTS, severity=Severity.INFO),
        ],
    ),
    Case(
        alert="ReceiptsSlow",
        why="half a per cent takes longer",
        series=_receipts("0+995x90", "0+1000x90"),
        at="70m",
    ),
    Case(
        alert="ReceiptsSlow",
        why="nothing is delivered",
        series=_receipts("5x90", "100x90"),
        at="70m",
    ),
    Case(
        alert="RowsLate",
        why="a tenth is late for an hour",
        series=_rows("0+90x90", "0+100x90"),
        at="70m",
        fires=[
            Firing(labels=_ROWS, severity=Severity.TICKET),
            Firing(labels=_ROWS, severity=Severity.INFO),
        ],
    ),
    Case(
        alert="RowsLate",
        why="five of a thousand are late for three days",
        series=_rows("0+995x20", "0+1000x20"),
        at="90h",
        every=SELDOM,
        fires=[Firing(labels=_ROWS, severity=Severity.INFO)],
    ),
    Case(
        alert="RowsLate",
        why="one of ten thousand is late",
        series=_rows("0+9999x90", "0+10000x90"),
        at="70m",
    ),
)
