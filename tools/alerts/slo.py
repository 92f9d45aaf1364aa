"""Objectives: receipts in time, rows in time. Alerts on how fast an error budget is used.

Windows and factors are those of Google's SRE workbook, chapter 5. Names are those of sloth. A live
objective counts time: of the minutes with deliveries, those in which more than 1 % of the receipts
took longer than 250 ms are bad. The objective of rows counts rows.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from prometheus_client.utils import floatToGoString

from kpr_stream.metrics.sink import SINK_ROW_LATENCY
from kpr_stream.metrics.worker import RECEIPT_LATENCY
from tools.alerts.alert import Alert, Group, Recorded, Severity

OBJECTIVE: Final = 0.999
BUDGET: Final = "0.001"
RECEIPT_S: Final = 0.25
ROW_S: Final = 60.0
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")
BAD: Final = "slo:receipts_slow:bool"


class Burn(NamedTuple):
    """A short and a long window, and how many times the budget may be used in both."""

    short: str
    long: str
    factor: float


FAST: Final = (Burn("5m", "1h", 14.4), Burn("30m", "6h", 6))
SLOW: Final = (Burn("2h", "1d", 3), Burn("6h", "3d", 1))


def _bucket(metric: str, bound: float, window: str) -> str:
    le = floatToGoString(bound)  # type: ignore[no-untyped-call]
    return f'sum(rate({metric}_bucket{{le="{le}"}}[{window}]))'


def _share(metric: str, bound: float, window: str) -> str:
    return f"{_bucket(metric, bound, window)}\n/ sum(rate({metric}_count[{window}]))"


def _recorded(slo: str, name: str, expression: str) -> Recorded:
    return Recorded(name=name, group=Group.SLO, expression=expression, labels=(("slo", slo),))


def _of(slo: str, name: str) -> str:
    return f'{name}{{slo="{slo}"}}'


def _burns(slo: str, burns: tuple[Burn, ...]) -> str:
    rate = "slo:sli_error:ratio_rate"
    return "\nor ".join(
        f"({_of(slo, rate + one.short)} > {one.factor} * {BUDGET}"
        f" and {_of(slo, rate + one.long)} > {one.factor} * {BUDGET})"
        for one in burns
    )


def _alerts(slo: str, name: str, what: str, meaning: str) -> tuple[Alert, ...]:
    return tuple(
        Alert(
            name=name,
            group=Group.SLO,
            severity=severity,
            expression=_burns(slo, burns),
            lasts=lasts,
            summary=f"{what} {how}",
            description=meaning,
        )
        for severity, burns, lasts, how in (
            (Severity.TICKET, FAST, "5m", "now"),
            (Severity.INFO, SLOW, "1h", "too often"),
        )
    )


RECORDED: Final = (
    Recorded(
        name=BAD,
        group=Group.SLO,
        expression=(
            f"({_share(RECEIPT_LATENCY.name, RECEIPT_S, '2m')}\n< bool 0.99)\n"
            f"and sum(rate({RECEIPT_LATENCY.name}_count[2m])) > 0"
        ),
    ),
    *(
        _recorded("receipts", f"slo:sli_error:ratio_rate{w}", f"avg_over_time({BAD}[{w}])")
        for w in WINDOWS
    ),
    *(
        _recorded(
            "rows",
            f"slo:sli_error:ratio_rate{w}",
            f"1 - {_share(SINK_ROW_LATENCY.name, ROW_S, w)}",
        )
        for w in WINDOWS
    ),
    *(
        one
        for slo in ("receipts", "rows")
        for one in (
            _recorded(slo, "slo:error_budget:ratio", f"vector({BUDGET})"),
            _recorded(
                slo,
                "slo:current_burn_rate:ratio",
                f"{_of(slo, 'slo:sli_error:ratio_rate5m')} / {BUDGET}",
            ),
            _recorded(
                slo,
                "slo:period_error_budget_remaining:ratio",
                f"1 - {_of(slo, 'slo:sli_error:ratio_rate30d')} / {BUDGET}",
            ),
        )
    ),
)

ALERTS: Final = (
    *_alerts(
        "receipts",
        "ReceiptsSlow",
        "Receipts are slow",
        "More than 1 % of the receipts take longer than 250 ms, in more minutes than the objective "
        "of 99.9 % allows.",
    ),
    *_alerts(
        "rows",
        "RowsLate",
        "Rows are late",
        "More rows than the objective of 99.9 % allows become visible later than 60 seconds after "
        "their delivery arrived.",
    ),
)
