"""Gate: what is asked of a delivery before it is opened, besides its place in the order. Pure.

May this system report for this unit today, and is its release still taken?
"""

from __future__ import annotations

from datetime import UTC, datetime

from kpr_stream.model.release import ReleaseState
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import Refusal
from kpr_stream.schemas import wire


def refusal(
    unit: UnitState,
    release: ReleaseState | None,
    *,
    at: int,
    agreement_required: bool,
) -> Refusal | None:
    """Why the next delivery of a unit is not opened; None if it is. ``at``: broker time, ms."""
    day = datetime.fromtimestamp(at / 1000, UTC).date()
    if unit.agreed_from is None:
        if agreement_required:
            return Refusal.NO_AGREEMENT
    elif day < unit.agreed_from or (unit.agreed_to is not None and day > unit.agreed_to):
        return Refusal.NO_AGREEMENT
    if release is not None and release.stopped:
        return Refusal.RELEASE_STOPPED
    return None


def read_release(data: bytes) -> ReleaseState:
    """A release's state from the value of its record."""
    return ReleaseState.from_record(wire.decode("release", data))
