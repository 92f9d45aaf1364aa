"""What is known of the whole installation at one time. Pure values; times in seconds.

``…_s`` is an age or a duration, None where it is not known or does not apply. A rate is None before
two readings.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpr_stream.overview.troubles import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """One process that is listed, or that was named."""

    process: str
    name: str
    address: str
    answers: bool
    ready: bool
    version: str = ""
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFacts:
    """One EPJ system."""

    system: str
    units: int
    expected: int
    """Units that have a deadline: not those that are paused or have ended."""
    silent: int
    blocked: int
    deliveries_per_s: float | None
    items_per_s: float | None
    oldest_waiting_s: float | None
    """None: deliveries wait, and no worker answers that knows for how long."""
    unprocessed: int | None
    quarantined: int
    rejected_share: float | None
    """Of all items received, as the units' states count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MunicipalityFacts:
    """One municipality with units."""

    code: str
    name: str
    units: int
    silent: int
    blocked: int
    newest_delivery_s: float | None
    oldest_delivery_s: float | None
    """Since the unit that was heard longest ago delivered; None if one never did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """One unit and system that is blocked, silent or unheard."""

    org_nr: str
    system: str
    municipality: str
    overdue_s: float | None
    never_reported: bool
    blocked_s: float | None
    blocked_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """One worker: its lanes, and how many records wait in them."""

    name: str
    lanes: tuple[int, ...]
    waiting: int
    commits_per_s: float | None
    aborts_per_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkFacts:
    """One sink."""

    sink: str
    lag: int
    oldest_unapplied_s: float
    last_commit_s: float | None
    rows_per_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectorFacts:
    """The projector, which writes the topic that analysts read."""

    lag: int
    oldest_waiting_s: float
    last_commit_s: float | None
    held: int
    """Records that wait for the end of a week of birth: that is right, and no lag."""
    records_per_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All facts of one time, and what is wrong."""

    at: float
    processes: tuple[ProcessFacts, ...]
    systems: tuple[SystemFacts, ...]
    municipalities: tuple[MunicipalityFacts, ...]
    """The one with most troubles first."""
    units: tuple[UnitFacts, ...]
    """Units with a trouble, the longest first."""
    workers: tuple[WorkerFacts, ...]
    unowned_lanes: tuple[int, ...]
    sinks: tuple[SinkFacts, ...]
    projector: ProjectorFacts | None
    """None: no projector answers."""
    probe_answered_s: float | None
    books_checked_s: float | None
    troubles: tuple[Trouble, ...] = field(default=())
