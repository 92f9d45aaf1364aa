"""Find what is wrong now, by the limits of the alerts and without their patience. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from kpr_stream.exporter import rows
from kpr_stream.metrics import process, worker
from kpr_stream.metrics.metric import Process
from kpr_stream.model.words import Refusal
from kpr_stream.overview.facts import Overview, SystemFacts, UnitFacts
from kpr_stream.overview.limits import (
    DAY_S,
    FEWEST_UNITS,
    FREE_SHARE,
    KEY_S,
    MINUTE_S,
    PROBE_S,
    PROJECTOR_S,
    QUARANTINE_S,
    SILENT_SHARE,
    SINK_S,
    STALE_S,
    WAITS_S,
)
from kpr_stream.overview.samples import Samples
from kpr_stream.overview.troubles import AlertName, Trouble
from kpr_stream.sinks.tables import SinkKind

NO_COMMIT_S: Final = 5 * MINUTE_S
"""Without a commit. The alert looks at the rate of five minutes."""
MOST_NAMED: Final = 2
"""Units named in one line; the list of units has them all."""


def judge(facts: Overview, now: Samples) -> list[Trouble]:
    """Return all troubles, the most serious first; nothing where no process is listed."""
    if not facts.processes:
        return []
    found = [
        *_receiver(facts),
        *_watching(facts, now),
        *_sinks(facts),
        *_projector(facts),
        *_platform(facts, now),
        *_releases(now),
        *_units(facts),
    ]
    order = list(AlertName)
    return sorted(found, key=lambda one: (order.index(one.alert), -(one.since_s or 0)))


def _receiver(facts: Overview) -> Iterator[Trouble]:
    if facts.unowned_lanes:
        lanes = ", ".join(map(str, facts.unowned_lanes))
        yield Trouble(alert=AlertName.LANE_UNOWNED, what=f"no worker has the lanes {lanes}")
    oldest = max((one.oldest_waiting_s or 0.0 for one in facts.systems), default=0.0)
    unprocessed = sum(one.unprocessed or 0 for one in facts.systems)
    commits = sum(one.commits_per_s or 0.0 for one in facts.workers)
    if not commits and (oldest > NO_COMMIT_S or (unprocessed and not facts.workers)):
        yield Trouble(
            alert=AlertName.NO_COMMITS,
            what=f"{unprocessed or 'some'} deliveries wait and no worker commits",
            since_s=oldest or None,
        )
    for one in facts.systems:
        if one.oldest_waiting_s is not None and one.oldest_waiting_s > WAITS_S:
            yield Trouble(
                alert=AlertName.OLDEST_UNPROCESSED,
                what=f"{one.system}: a delivery waits for its receipt",
                since_s=one.oldest_waiting_s,
            )
    if facts.probe_answered_s is None or facts.probe_answered_s > PROBE_S:
        yield Trouble(
            alert=AlertName.PROBE_FAILS,
            what="the probe gets no receipt, or does not run",
            since_s=facts.probe_answered_s,
        )


def _watching(facts: Overview, now: Samples) -> Iterator[Trouble]:
    if facts.books_checked_s is None or facts.books_checked_s > STALE_S:
        yield Trouble(
            alert=AlertName.EXPORTER_ABSENT,
            what="no exporter has read the topics: units and books are unwatched",
            since_s=facts.books_checked_s,
        )
    for (system, fault), number in now.by(rows.BOOKS_IMBALANCE.name, "system", "fault").items():
        if number:
            yield Trouble(
                alert=AlertName.BOOKS_DO_NOT_BALANCE,
                what=f"{system}: {number:.0f} deliveries with the fault {fault}",
            )
    for (system,), oldest in now.by(rows.QUARANTINE_OLDEST.name, "system").items():
        if oldest and now.at - oldest > QUARANTINE_S:
            yield Trouble(
                alert=AlertName.QUARANTINE_GROWING,
                what=f"{system}: a rejected item waits for a decision",
                since_s=now.at - oldest,
            )


def _sinks(facts: Overview) -> Iterator[Trouble]:
    running = {one.sink: one for one in facts.sinks}
    not_ready = {one.name for one in facts.processes if one.answers and not one.ready}
    for kind in SinkKind:
        sink = running.get(kind)
        if sink is None:
            yield Trouble(
                alert=AlertName.SINK_STOPPED, what=f"the {kind.value} sink does not answer"
            )
        elif sink.oldest_unapplied_s > SINK_S:
            commit_s = sink.last_commit_s
            stopped = commit_s is None or commit_s > SINK_S
            yield Trouble(
                alert=AlertName.SINK_STOPPED if stopped else AlertName.SINK_BEHIND,
                what=f"the {kind.value} sink "
                + ("commits nothing" if stopped else f"is {sink.lag} records behind"),
                since_s=sink.oldest_unapplied_s,
            )
        elif kind.value in not_ready:
            yield Trouble(
                alert=AlertName.SINK_BEHIND,
                what=f"the {kind.value} sink is not ready; its /readyz and its log say why",
            )


def _projector(facts: Overview) -> Iterator[Trouble]:
    found = facts.projector
    if found is None:
        yield Trouble(alert=AlertName.PROJECTOR_STOPPED, what="the projector does not answer")
    elif found.oldest_waiting_s > PROJECTOR_S:
        stopped = found.last_commit_s is None or found.last_commit_s > PROJECTOR_S
        yield Trouble(
            alert=AlertName.PROJECTOR_STOPPED if stopped else AlertName.PROJECTOR_BEHIND,
            what="the projector "
            + ("commits nothing" if stopped else f"is {found.lag} records behind"),
            since_s=found.oldest_waiting_s,
        )
    elif any(
        one.answers and not one.ready for one in facts.processes if one.process == Process.PROJECTOR
    ):
        yield Trouble(
            alert=AlertName.PROJECTOR_BEHIND,
            what="the projector is not ready; its /readyz and its log say why",
        )


def _platform(facts: Overview, now: Samples) -> Iterator[Trouble]:
    for one in facts.processes:
        if not one.answers:
            yield Trouble(
                alert=AlertName.TARGET_DOWN,
                what=f"{one.process} {one.name} at {one.address}: {one.why_not}",
            )
    size = {one.address: one.value for one in now.of(process.DISK_SIZE.name)}
    full = {
        one.address: one.value / size[one.address]
        for one in now.of(process.DISK_FREE.name)
        if size.get(one.address)
    }
    if full and (least := min(full.values())) < FREE_SHARE:
        yield Trouble(alert=AlertName.DISK_FILLS, what=f"{least:.0%} of a disk are free")
    expiry = now.by(worker.KEY_EXPIRES.name, "purpose", "key_id", of=min)
    for (purpose, key_id), at in expiry.items():
        if at - now.at < KEY_S:
            days = max(0, round((at - now.at) / DAY_S))
            yield Trouble(
                alert=AlertName.KEY_EXPIRES, what=f"the {purpose} key {key_id} has {days} days left"
            )


def _releases(now: Samples) -> Iterator[Trouble]:
    stopped = now.by(rows.RELEASE_STOPPED.name, "system", "software_version")
    for (system, version), since in stopped.items():
        yield Trouble(
            alert=AlertName.RELEASE_STOPPED,
            what=f"{system} {version} is stopped",
            since_s=now.at - since,
        )


def _units(facts: Overview) -> Iterator[Trouble]:
    """Name the units of one system in one line: a vendor's outage is one trouble, not hundreds."""
    blocked: defaultdict[tuple[str, str], list[UnitFacts]] = defaultdict(list)
    silent: defaultdict[tuple[AlertName, str], list[UnitFacts]] = defaultdict(list)
    fresh = facts.books_checked_s is not None and facts.books_checked_s <= STALE_S
    whole = {one.system for one in facts.systems if fresh and _is_silent(one)}
    for system in sorted(whole):
        yield Trouble(
            alert=AlertName.SYSTEM_SILENT, what=f"most units of {system} have not delivered"
        )
    for one in facts.units:
        if one.blocked_s is not None and one.blocked_reason != Refusal.RELEASE_STOPPED:
            blocked[one.system, one.blocked_reason or ""].append(one)
        if one.overdue_s is not None and fresh and one.system not in whole:
            if one.never_reported:
                silent[AlertName.UNIT_NEVER_REPORTED, one.system].append(one)
            elif one.blocked_s is None:  # else it delivers and is refused
                silent[AlertName.UNIT_SILENT, one.system].append(one)
    for (system, reason), units in blocked.items():
        yield Trouble(
            alert=AlertName.UNIT_BLOCKED,
            what=f"{system}: {_named(units)}, {reason}",
            since_s=max(one.blocked_s or 0.0 for one in units),
        )
    for (alert, system), units in silent.items():
        yield Trouble(
            alert=alert,
            what=f"{system}: {_named(units)}",
            since_s=max(one.overdue_s or 0.0 for one in units),
        )


def _is_silent(one: SystemFacts) -> bool:
    return one.expected >= FEWEST_UNITS and one.silent > SILENT_SHARE * one.expected


def _named(units: Iterable[UnitFacts]) -> str:
    names = [one.org_nr for one in units]
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
