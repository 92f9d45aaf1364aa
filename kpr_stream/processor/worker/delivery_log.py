"""Log one line for each delivery: what became of it, and how long it took."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from kpr_stream.model.delivery import is_delivery_id
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.words import OUTCOMES, Cause
from kpr_stream.processor.decide.delivery import DecidedDelivery

log = logging.getLogger(__name__)

WITHHELD: Final = "-"
"""Stands for a name from outside that is not of its form: it could be anything."""

_CLOCKS: Final = (Cause.CLOCK_AHEAD, Cause.CLOCK_BEHIND)


def log_delivery(
    one: DecidedDelivery, commit_s: float, *, clock: Callable[[], float] = time.time
) -> None:
    """Log a delivery whose receipt is committed, by its id."""
    if not log.isEnabledFor(logging.INFO):
        return
    unit = one.org_nr if is_org_nr(one.org_nr, synthetic_too=True) else WITHHELD
    delivery_id = one.delivery_id if is_delivery_id(one.delivery_id) else WITHHELD
    counts = {o.value: n for o, n in zip(OUTCOMES, one.outcomes, strict=False) if n}
    answered_s = max(0.0, clock() - one.at / 1000)
    log.info(
        "delivery %s of %s %s, sequence %d: %s%s%s; answered after %.3f s, commit %.3f s",
        *(delivery_id, one.system.value, unit, one.sequence, one.status.value),
        _why(one),
        "".join(f", {number} {outcome}" for outcome, number in counts.items()),
        *(answered_s, commit_s),
        extra={
            "fields": {
                "delivery_id": delivery_id,
                "system": one.system.value,
                "unit": unit,
                "sequence": one.sequence,
                "status": one.status.value,
                **({} if one.cause is None else {"cause": one.cause.value}),
                "outcomes": counts,
                "answered_s": round(answered_s, 3),
                "commit_s": round(commit_s, 3),
            }
        },
    )


def _why(one: DecidedDelivery) -> str:
    """Return the cause of a refusal; of a clock that is wrong also by how much."""
    if one.cause is None:
        return ""
    if one.cause not in _CLOCKS or one.extracted_at is None:
        return f" {one.cause.value}"
    off_s = (one.extracted_at - one.at) / 1000
    where = "after" if off_s > 0 else "before"
    return f" {one.cause.value}, extracted {abs(off_s):.0f} s {where} the broker received it"
