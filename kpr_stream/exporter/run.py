"""Run the exporter as a process: read in rounds, serve what the last one has found."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CollectorRegistry

from kpr_stream.errors import BrokerError, OutsideLogError
from kpr_stream.exporter.clock import Clock, read_clock
from kpr_stream.exporter.collector import SnapshotCollector
from kpr_stream.exporter.follow import Follower
from kpr_stream.exporter.snapshot import Place, Snapshot, books_now
from kpr_stream.exporter.states import exact_totals
from kpr_stream.exporter.units import views
from kpr_stream.kafka.access import kafka_access
from kpr_stream.metrics import serve
from kpr_stream.model.topics import Role
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings

log = logging.getLogger(__name__)

ROUND_S: Final = 5.0
"""Between two rounds: as often as Prometheus scrapes."""
AGAIN_MOST_S: Final = 30.0
"""A broker that is away is asked again after this time at most."""


async def run_exporter(
    settings: Settings, *, on_serving: Callable[[int], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT.

    While Kafka is away the last snapshot stays, and its time tells its age. Raises an error that
    no retry heals: a topic that was made again, or a record that the processor did not write.
    """
    clock = read_clock(settings.test_clock, now=time.time())
    follower = Follower(kafka_access(settings, Role.EXPORTER), settings.app_id, now=time.time)
    collector = SnapshotCollector(places_of())
    registry = CollectorRegistry()
    registry.register(collector)
    port = serve(settings, registry)
    log.info("exporter: metrics on %s:%d", settings.metrics_host, port)
    if on_serving is not None:
        on_serving(port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await _rounds(follower, collector, clock, stop)
    finally:
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


def snapshot_of(follower: Follower, clock: Clock, municipalities: Mapping[str, Place]) -> Snapshot:
    """Return what the last round has found."""
    states = follower.units.all()
    units, left_out = views(states, now=clock.show(follower.read_at), clock=clock)
    return Snapshot(
        read_at=follower.read_at,
        units=units,
        left_out=left_out,
        rejected=follower.rejected.totals(datetime.fromtimestamp(follower.read_at, UTC).date()),
        totals=exact_totals(states, municipalities),
        open_items=follower.quarantine.open_items(),
        books=books_now(follower.books),
    )


async def _rounds(
    follower: Follower, collector: SnapshotCollector, clock: Clock, stop: asyncio.Event
) -> None:
    places = places_of()
    wait_s, away = ROUND_S, False
    while not stop.is_set():
        try:
            await follower.round()
        except OutsideLogError:
            raise
        except BrokerError as error:
            if not away:
                log.warning("%s The last metrics stay until it answers.", error)
            away, wait_s = True, min(2 * wait_s, AGAIN_MOST_S)
        else:
            if away:
                log.info("Kafka answers again.")
            away, wait_s = False, ROUND_S
            collector.snapshot = snapshot_of(follower, clock, places)
        await _pause(stop, wait_s)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
