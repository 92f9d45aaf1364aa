"""Alerts about single units, and about all units of a system together."""

from __future__ import annotations

from typing import Final

from kpr_stream.overview.limits import FEWEST_UNITS, SILENT_SHARE
from tools.alerts.alert import Alert, Group, Severity
from tools.alerts.parts import (
    BLOCKED,
    FRESH,
    LAST_CONTENT,
    LAST_DELIVERY,
    OVERDUE,
    PAUSED,
    UNIT,
    with_place,
)

_DAYS: Final = "kpr_unit_days_without_content"
_UNIT_TEXT: Final = (
    "unit {{ $labels.org_nr }} ({{ $labels.system }}) in {{ $labels.municipality_name }}"
)

ALERTS: Final = (
    Alert(
        name="UnitSilent",
        group=Group.UNITS,
        severity=Severity.TICKET,
        expression=with_place(
            f"({OVERDUE})\nand on ({UNIT}) {LAST_DELIVERY} > 0\nand on () ({FRESH})\n"
            f"unless on ({UNIT}) {BLOCKED}"
        ),
        lasts="5m",
        summary=f"No delivery from {_UNIT_TEXT}",
        description=(
            "The deadline passed {{ $value | humanizeDuration }} ago. A quiet day is reported by "
            "an empty delivery, so the sender does not work. Call the unit's contact."
        ),
    ),
    Alert(
        name="SystemSilent",
        group=Group.UNITS,
        severity=Severity.PAGE,
        expression=(
            f"count by (system) (({OVERDUE}) and on () ({FRESH}))\n"
            f"/ count by (system) (max by ({UNIT}) (kpr_unit_report_due_timestamp_seconds))\n"
            f"> {SILENT_SHARE}\n"
            f"and count by (system) (max by ({UNIT}) (kpr_unit_report_due_timestamp_seconds))"
            f" >= {FEWEST_UNITS}"
        ),
        lasts="5m",
        summary="Most units of {{ $labels.system }} have not delivered",
        description=(
            "{{ $value | humanizePercentage }} of the units are past their deadline. The cause is "
            "common to them: the vendor's service, the network or its login. Call the vendor."
        ),
    ),
    Alert(
        name="UnitNeverReported",
        group=Group.UNITS,
        severity=Severity.TICKET,
        expression=with_place(
            f"({OVERDUE})\nand on ({UNIT}) {LAST_DELIVERY} == 0\nand on () ({FRESH})"
        ),
        lasts="5m",
        summary=f"Never a delivery from {_UNIT_TEXT}",
        description=(
            "Its agreement has begun and its first deadline passed {{ $value | humanizeDuration }} "
            "ago. The sender was never set up, or it uses another org number or system."
        ),
    ),
    Alert(
        name="UnitEmpty",
        group=Group.UNITS,
        severity=Severity.TICKET,
        expression=with_place(
            f"(max by ({UNIT}) ({_DAYS} - max_over_time({_DAYS}[28d] offset 14d)) >= 3)\n"
            f"and on ({UNIT}) ({LAST_DELIVERY} > {LAST_CONTENT})\n"
            f"unless on ({UNIT}) ({OVERDUE})\n"
            f"unless on ({UNIT}) {PAUSED}"
        ),
        lasts="1h",
        summary=f"Only empty deliveries from {_UNIT_TEXT}",
        description=(
            "It delivers, and its time without content is {{ $value }} working days longer than "
            "its longest in the four weeks before the last two. Its export probably finds nothing."
        ),
    ),
    Alert(
        name="UnitBlocked",
        group=Group.UNITS,
        severity=Severity.TICKET,
        expression=with_place(
            f"max by ({UNIT}, reason) (time() - kpr_unit_blocked_since_timestamp_seconds"
            '{reason!="RELEASE_STOPPED"})\n'
            f"unless on ({UNIT}) {PAUSED}"
        ),
        lasts="1h",
        summary=f"Blocked by {{{{ $labels.reason }}}}: {_UNIT_TEXT}",
        description=(
            "A delivery was refused {{ $value | humanizeDuration }} ago and has not been "
            "corrected. Nothing of the unit is received until then. Its reports wait at the sender."
        ),
    ),
)
