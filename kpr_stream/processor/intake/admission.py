"""Admission: may this system report for this unit today, and is its release accepted? Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from kpr_stream.model.delivery import Arrived, DeliveryRefused
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.release import ReleaseLimits, ReleaseState, release_key
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import Cause, System


@dataclass(frozen=True, slots=True)
class AdmissionPolicy:
    """What the register requires of its senders; from the settings."""

    agreement_required: bool = False
    """Whether a unit without any agreement is refused."""
    release_limits: ReleaseLimits = field(default_factory=ReleaseLimits)
    synthetic_units: bool = True
    """Whether synthetic units report here: in a test environment."""
    stopped_releases: frozenset[bytes] = frozenset()
    """Keys of the releases that any lane has stopped."""
    certified_systems: frozenset[System] = frozenset()
    """Systems whose releases are taken only while they are admitted on a certificate."""


def of_this_environment(
    delivery: Arrived | DeliveryRefused, policy: AdmissionPolicy
) -> Arrived | DeliveryRefused:
    """Return a delivery, refused if its unit is a synthetic one and must not report here."""
    if isinstance(delivery, DeliveryRefused) or is_org_nr(
        delivery.envelope.org_nr, synthetic_too=policy.synthetic_units
    ):
        return delivery
    return DeliveryRefused(delivery.source, Cause.INVALID_ORG_NR, delivery.envelope)


def refusal(
    unit: UnitState,
    release: ReleaseState,
    policy: AdmissionPolicy,
    *,
    at: int,
    admitted_until: Callable[[], date | None],
) -> Cause | None:
    """Why the next delivery of a unit is refused; None if admitted. ``at``: broker time, ms.

    ``admitted_until`` returns the last day of the release's certificate. It is asked only of a
    system whose releases must be certified.
    """
    day = datetime.fromtimestamp(at / 1000, UTC).date()
    if unit.agreed_from is None:
        agreed = not policy.agreement_required
    else:
        agreed = unit.agreed_from <= day and (unit.agreed_to is None or day <= unit.agreed_to)
    if not agreed:
        return Cause.NO_AGREEMENT
    key = release_key(release.system, release.software_version)
    if release.stopped or key in policy.stopped_releases:
        return Cause.RELEASE_STOPPED
    if release.system not in policy.certified_systems:
        return None
    last_day = admitted_until()
    return None if last_day is not None and day <= last_day else Cause.RELEASE_NOT_ADMITTED
