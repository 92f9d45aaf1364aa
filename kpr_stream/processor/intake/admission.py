"""Admission: may this system report for this unit today, and is its release accepted? Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.release import ReleaseLimits, ReleaseState, release_key
from kpr_stream.model.topics import RELEASE
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import Refusal
from kpr_stream.schemas import wire


@dataclass(frozen=True, slots=True)
class AdmissionPolicy:
    """What the register requires of its senders; from the settings."""

    agreement_required: bool = False
    """Whether a unit without any agreement is refused."""
    release_limits: ReleaseLimits = field(default_factory=ReleaseLimits)


def refusal(
    unit: UnitState, release: ReleaseState, policy: AdmissionPolicy, *, at: int
) -> Refusal | None:
    """Why the next delivery of a unit is refused; None if admitted. ``at``: broker time, ms."""
    day = datetime.fromtimestamp(at / 1000, UTC).date()
    if unit.agreed_from is None:
        agreed = not policy.agreement_required
    else:
        agreed = unit.agreed_from <= day and (unit.agreed_to is None or day <= unit.agreed_to)
    if not agreed:
        return Refusal.NO_AGREEMENT
    return Refusal.RELEASE_STOPPED if release.stopped else None


def read_release(data: bytes) -> ReleaseState:
    """A release's state from the value of its record."""
    return ReleaseState.from_record(wire.decode("release", data))


def release_record(source: SourceRecord, release: ReleaseState) -> OutputRecord:
    """The record of a release's new state, caused by ``source``."""
    return OutputRecord(
        RELEASE,
        release_key(release.system, release.software_version),
        wire.encode("release", release.to_record()),
        LedgerHeader(source.topic_index, source.offset),
        source.received_at,
    )
