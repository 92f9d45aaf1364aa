"""Make the facts of two readings: what is, and what changed between them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import add

from kpr_stream.exporter import rows
from kpr_stream.metrics import probe, process, projector, sink, worker
from kpr_stream.metrics.metric import UNKNOWN
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS, Outcome
from kpr_stream.overview.facts import (
    MunicipalityFacts,
    Overview,
    ProcessFacts,
    ProjectorFacts,
    SinkFacts,
    SystemFacts,
    UnitFacts,
    WorkerFacts,
)
from kpr_stream.overview.judge import judge
from kpr_stream.overview.samples import ADDRESS, Labels, Samples, increases

_UNIT = ("org_nr", "system")


def gather(now: Samples, before: Samples | None = None) -> Overview:
    """Return the facts of a reading; rates need an earlier one."""
    rates = _Rates(now, before)
    units = _units(now)
    troubled = [one.facts for one in units if one.is_troubled]
    owned = {int(lane): address for lane, address in _owners(now).items()}
    overview = Overview(
        at=now.at,
        processes=tuple(_processes(now)),
        systems=tuple(_systems(now, units, rates, all_owned=len(owned) == PARTITIONS)),
        municipalities=tuple(_municipalities(now, units)),
        units=tuple(sorted(troubled, key=lambda u: -max(u.blocked_s or 0, u.overdue_s or 0))),
        workers=tuple(_workers(now, owned, rates)),
        unowned_lanes=tuple(lane for lane in range(PARTITIONS) if lane not in owned),
        sinks=tuple(_sinks(now, rates)),
        projector=_projector(now, rates),
        probe_answered_s=_age(now, now.one(probe.PROBE_SUCCESS.name)),
        books_checked_s=_age(now, now.one(rows.BOOKS_CHECKED.name)),
    )
    return replace(overview, troubles=tuple(judge(overview, now)))


@dataclass(frozen=True, slots=True)
class _Unit:
    facts: UnitFacts
    municipality: str
    last_delivery: float
    is_expected: bool

    @property
    def is_troubled(self) -> bool:
        return self.is_silent or self.facts.blocked_s is not None

    @property
    def is_silent(self) -> bool:
        return self.facts.overdue_s is not None


class _Rates:
    """What counters grew by, a second; None without an earlier reading."""

    def __init__(self, now: Samples, before: Samples | None) -> None:
        self._now, self._before = now, before
        self._seconds = now.at - before.at if before is not None else 0.0

    def by(self, name: str, *labels: str) -> dict[Labels, float] | None:
        if self._before is None or self._seconds <= 0:
            return None
        grown = increases(self._before, self._now, name, *labels)
        return {key: value / self._seconds for key, value in grown.items()}


def _age(now: Samples, at: float | None) -> float | None:
    """Return how long ago a time was; None for no time, or for 0: never."""
    return max(0.0, now.at - at) if at else None


def _processes(now: Samples) -> Iterable[ProcessFacts]:
    ready = {one.address: one.value for one in now.of(process.READY.name)}
    info = {one.address: one.labels for one in now.of(process.BUILD_INFO.name)}
    for one in now.readings:
        known = info.get(one.address, {})
        yield ProcessFacts(
            process=known.get("process", one.process),
            name=known.get("name", one.name),
            address=one.address,
            answers=one.text is not None,
            ready=ready.get(one.address) == 1,
            version=known.get("version", ""),
            why_not=one.why_not,
        )


def _units(now: Samples) -> list[_Unit]:
    due = now.by(rows.REPORT_DUE.name, *_UNIT)
    last = now.by(rows.LAST_DELIVERY.name, *_UNIT)
    blocked = {
        key[:2]: (since, key[2])
        for key, since in now.by(rows.BLOCKED_SINCE.name, *_UNIT, "reason").items()
    }
    return [
        _unit(now, key, due.get(key[:2]), last.get(key[:2], 0.0), blocked.get(key[:2]))
        for key in now.by(rows.UNIT_INFO.name, *_UNIT, "municipality", "municipality_name")
    ]


def _unit(
    now: Samples, key: Labels, due: float | None, last: float, blocked: tuple[float, str] | None
) -> _Unit:
    org_nr, system, municipality, name = key
    return _Unit(
        UnitFacts(
            org_nr=org_nr,
            system=system,
            municipality=name,
            # As UnitSilent has it: a blocked unit delivers.
            overdue_s=now.at - due
            if due is not None and now.at > due and blocked is None
            else None,
            never_reported=not last,
            blocked_s=None if blocked is None else _age(now, blocked[0]),
            blocked_reason=None if blocked is None else blocked[1],
        ),
        municipality,
        last,
        due is not None,
    )


def _systems(
    now: Samples, units: list[_Unit], rates: _Rates, *, all_owned: bool
) -> Iterable[SystemFacts]:
    deliveries = rates.by(worker.DELIVERIES.name, "system")
    items = rates.by(worker.ITEMS.name, "system")
    waiting = now.by(worker.OLDEST_WAITING.name, "system")
    unprocessed = now.by(rows.UNPROCESSED.name, "system")
    quarantined = now.by(rows.QUARANTINE_OPEN.name, "system")
    outcomes = now.by(rows.EXACT_ITEMS.name, "system", "municipality", "outcome")
    for system in SYSTEMS:
        mine = [one for one in units if one.facts.system == system]
        received = {key: value for key, value in outcomes.items() if key[0] == system}
        rejected = sum(value for key, value in received.items() if key[2] == Outcome.REJECTED)
        total = sum(received.values())
        yield SystemFacts(
            system=system,
            units=len(mine),
            expected=sum(one.is_expected for one in mine),
            silent=sum(one.is_silent for one in mine),
            blocked=sum(one.facts.blocked_s is not None for one in mine),
            deliveries_per_s=None if deliveries is None else deliveries.get((system,), 0.0),
            items_per_s=None if items is None else items.get((system,), 0.0),
            # Only a lane's owner knows how long its deliveries have waited.
            oldest_waiting_s=waiting.get((system,), 0.0)
            if all_owned or not unprocessed.get((system,))
            else None,
            unprocessed=None if not unprocessed else round(unprocessed.get((system,), 0)),
            quarantined=round(quarantined.get((system,), 0)),
            rejected_share=rejected / total if total else None,
        )


def _municipalities(now: Samples, units: list[_Unit]) -> list[MunicipalityFacts]:
    by_code: defaultdict[str, list[_Unit]] = defaultdict(list)
    for one in units:
        by_code[one.municipality].append(one)
    found = [
        MunicipalityFacts(
            code=code,
            name=mine[0].facts.municipality,
            units=len(mine),
            silent=sum(one.is_silent for one in mine),
            blocked=sum(one.facts.blocked_s is not None for one in mine),
            newest_delivery_s=_age(now, max(one.last_delivery for one in mine)),
            oldest_delivery_s=_age(now, min(one.last_delivery for one in mine)),
        )
        for code, mine in by_code.items()
    ]
    # Where the place is not known there is nothing to call: last of all.
    return sorted(found, key=lambda m: (m.code == UNKNOWN, -(m.silent + m.blocked), m.name, m.code))


def _owners(now: Samples) -> Mapping[str, str]:
    """Return the address of the worker that serves each lane."""
    return {one.labels["lane"]: one.address for one in now.of(worker.LANE_WAITING.name)}


def _workers(now: Samples, owned: Mapping[int, str], rates: _Rates) -> Iterable[WorkerFacts]:
    commits = rates.by(worker.COMMITS.name, ADDRESS)
    aborts = rates.by(worker.ABORTS.name, ADDRESS)
    waiting = now.by(worker.LANE_WAITING.name, ADDRESS, of=add)
    names = {one.address: one.name for one in _processes(now)}
    for key in now.by(worker.LANES_OPEN.name, ADDRESS):
        yield WorkerFacts(
            name=names[key[0]],
            lanes=tuple(sorted(lane for lane, address in owned.items() if address == key[0])),
            waiting=round(waiting.get(key, 0)),
            commits_per_s=None if commits is None else commits.get(key, 0.0),
            aborts_per_s=None if aborts is None else aborts.get(key, 0.0),
        )


def _sinks(now: Samples, rates: _Rates) -> Iterable[SinkFacts]:
    written = rates.by(sink.SINK_ROWS.name, "sink")
    lag = now.by(sink.SINK_LAG.name, "sink", of=add)
    unapplied = now.by(sink.SINK_OLDEST_UNAPPLIED.name, "sink")
    for key, committed in now.by(sink.SINK_COMMITTED.name, "sink").items():
        yield SinkFacts(
            sink=key[0],
            lag=round(lag.get(key, 0)),
            oldest_unapplied_s=unapplied.get(key, 0.0),
            last_commit_s=_age(now, committed),
            rows_per_s=None if written is None else written.get(key, 0.0),
        )


def _projector(now: Samples, rates: _Rates) -> ProjectorFacts | None:
    committed = now.one(projector.PROJECTOR_COMMITTED.name)
    if committed is None:
        return None
    written = rates.by(projector.PROJECTED.name)
    # Only while one takes over from another are there two: the last commit is that of the newer.
    return ProjectorFacts(
        lag=round(sum(now.by(projector.PROJECTOR_LAG.name, "partition").values())),
        oldest_waiting_s=now.one(projector.PROJECTOR_OLDEST.name) or 0.0,
        last_commit_s=_age(now, committed),
        held=round(sum(now.by(projector.PROJECTOR_HELD.name, "partition").values())),
        records_per_s=None if written is None else sum(written.values()),
    )
