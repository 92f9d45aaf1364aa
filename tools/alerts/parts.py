"""Expressions that several alerts share.

Everything is aggregated before it is joined: a second exporter beside the first changes nothing.
"""

from __future__ import annotations

from typing import Final

from kpr_stream.overview.limits import STALE_S
from tools.alerts.durations import number

UNIT: Final = "org_nr, system"
PLACE: Final = "municipality, municipality_name"

OVERDUE: Final = f"time() - max by ({UNIT}) (kpr_unit_report_due_timestamp_seconds) > 0"
"""Seconds since a unit's deadline. A paused unit has no deadline."""
PAUSED: Final = f'max by ({UNIT}) (kpr_unit_info{{agreement="paused"}})'
BLOCKED: Final = f"max by ({UNIT}) (kpr_unit_blocked_since_timestamp_seconds)"
"""It delivers and is refused: other alerts report it, and its sender is not silent."""
LAST_DELIVERY: Final = f"max by ({UNIT}) (kpr_unit_last_delivery_timestamp_seconds)"
LAST_CONTENT: Final = f"max by ({UNIT}) (kpr_unit_last_content_timestamp_seconds)"
FRESH: Final = f"time() - max(kpr_books_checked_timestamp_seconds) < {number(STALE_S)}"
"""The exporter has read the topics. Without it a unit is not silent: nobody has looked."""


def with_place(expression: str) -> str:
    """Return an expression by unit, with the labels of the unit's municipality."""
    return (
        f"({expression})\n"
        f"* on ({UNIT}) group_left ({PLACE})\n"
        f"max by ({UNIT}, {PLACE}) (kpr_unit_info)"
    )
