"""Run the exporter as a process: read in rounds, serve what the last one has found."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from prometheus_client import CollectorRegistry

from kpr_stream.errors import BrokerError, OutsideLogError
from kpr_stream.exporter.clock import ExporterClock, read_clock
from kpr_stream.exporter.collector import SnapshotCollector
from kpr_stream.exporter.follow import Follower
from kpr_stream.exporter.snapshot import Place, Snapshot, books_now
from kpr_stream.exporter.states import exact_totals
from kpr_stream.exporter.units import views
from kpr_stream.kafka.access import kafka_access
from kpr_stream.metrics.endpoint import serve
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics, describe_process
from kpr_stream.metrics.metric import Process
from kpr_stream.model.report_deadline import norwegian_date
from kpr_stream.model.topics import Role
from kpr_stream.process.outage import Outage
from kpr_stream.reference import load_reference
from kpr_stream.schemas.catalogue import contract_versions
from kpr_stream.settings import Settings

log = logging.getLogger(__name__)

NAME: Final = "exporter"
ROUND_S: Final = 5.0
"""Between two rounds: as often as Prometheus scrapes."""
AGAIN_MOST_S: Final = 30.0
"""A broker that is away is asked again after this time at most."""
SILENT_S: Final = 15.0
"""Nothing is asked for ROUND_S between two rounds, and an answer takes milliseconds. A round fails
after a longer time, when one of its questions does."""
AWAY: Final = "The topics cannot be read: Kafka does not answer."


async def run_exporter(
    settings: Settings, *, on_serving: Callable[[int], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT.

    While Kafka is away the last snapshot stays, and its time shows its age. Raises an error that
    no retry heals: a topic that was made again, or a record that the processor did not write.
    """
    clock = read_clock(settings.test_clock, now=time.time())
    follower = Follower(kafka_access(settings, Role.EXPORTER), settings.app_id, now=time.time)
    collector = SnapshotCollector(places_of())
    reads = Reads(follower)
    registry, health = CollectorRegistry(), Health(reads.against_ready)
    describe_process(
        Metrics(Process.EXPORTER, registry),
        health,
        name=NAME,
        home=settings.home,
        contracts=contract_versions(),
    )
    registry.register(collector)
    port = serve(settings, registry, health, Process.EXPORTER, NAME)
    if on_serving is not None:
        on_serving(port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    judging = asyncio.create_task(health.run())
    try:
        await _rounds(follower, collector, clock, reads, stop)
    finally:
        judging.cancel()
        await follower.close()


async def read_once(settings: Settings) -> Snapshot:
    """Read the topics to their end once; return what was found."""
    clock = read_clock(settings.test_clock, now=time.time())
    follower = Follower(kafka_access(settings, Role.EXPORTER), settings.app_id, now=time.time)
    try:
        await follower.round()
    finally:
        await follower.close()
    return snapshot_of(follower, clock, places_of())


def places_of() -> dict[str, Place]:
    """Return the names of every municipality that the reference data know, by its code."""
    columns = ("code", "name", "county_code", "county_name")
    table = load_reference().municipalities.select(columns).sort("code")
    return {code: Place(name, county, named) for code, name, county, named in table.iter_rows()}


def snapshot_of(
    follower: Follower, clock: ExporterClock, municipalities: Mapping[str, Place]
) -> Snapshot:
    """Return what the last round has found."""
    states = follower.units.all()
    read_at = datetime.fromtimestamp(follower.read_at, UTC)
    units, left_out = views(states, now=clock.show(follower.read_at), clock=clock)
    return Snapshot(
        read_at=follower.read_at,
        units=units,
        left_out=left_out,
        rejected=follower.rejected.totals(norwegian_date(read_at)),
        totals=exact_totals(states, municipalities),
        stopped_releases=follower.releases.stopped(),
        admitted_releases=follower.admissions.admitted(follower.read_at),
        releases=follower.units.releases.totals(),
        unprocessed=follower.unprocessed,
        open_items=follower.quarantine.open_items(),
        books=books_now(follower.books),
    )


class HeardOf(Protocol):
    """A reader that notes when Kafka last answered it, in seconds since 1970."""

    @property
    def heard_at(self) -> float: ...


@dataclass(slots=True)
class Reads:
    """Whether the topics could be read in the last round, and can be in this one."""

    reader: HeardOf
    clock: Callable[[], float] = time.time
    why_not: str | None = "The topics have not been read yet."

    def against_ready(self) -> str | None:
        """Return why the metrics may be old, or None."""
        silent_s = self.clock() - self.reader.heard_at
        if self.why_not is None and silent_s > SILENT_S:
            return f"The topics cannot be read: Kafka has not answered for {silent_s:.0f} s."
        return self.why_not


async def _rounds(
    follower: Follower,
    collector: SnapshotCollector,
    clock: ExporterClock,
    reads: Reads,
    stop: asyncio.Event,
) -> None:
    places = places_of()
    wait_s, outage = ROUND_S, Outage(log)
    while not stop.is_set():
        try:
            await follower.round()
        except OutsideLogError:
            raise
        except BrokerError as error:
            outage.failed("%s The last metrics stay until it answers.", error)
            reads.why_not, wait_s = AWAY, min(2 * wait_s, AGAIN_MOST_S)
        else:
            outage.ended("Kafka")
            reads.why_not, wait_s = None, ROUND_S
            collector.snapshot = snapshot_of(follower, clock, places)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait_s)
