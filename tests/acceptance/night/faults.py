"""What can break at night: how it is broken, how it is put right, and what the cause was."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.migrate import OWNER
from kpr_stream.embedded.credentials import SUPERUSER
from kpr_stream.home import stored_login
from kpr_stream.model.topics import delivery_topic
from kpr_stream.model.words import System
from tests.acceptance.night.senders import Sender
from tests.acceptance.prometheus.stations import Items
from tests.acceptance.prometheus.watched import WHY, Watched
from tests.integration.at_work import units_of_lane
from tests.integration.test_frozen_broker import frozen
from tests.support.deliveries import consultation
from tests.support.stack import fresh_topics

BAD_VERSION: Final = "2.1"
AHEAD: Final = timedelta(hours=1)
NEW_UNIT_LANE: Final = 6

Fault = Callable[[Watched, list[Sender]], AbstractAsyncContextManager[str]]
"""Breaks something until the block ends; gives the cause in words."""


@asynccontextmanager
async def a_station_is_off(_: Watched, senders: list[Sender]) -> AsyncIterator[str]:
    one = senders[0]
    one.quiet = True
    yield f"the sender of unit {one.station.org_nr} is off; the other unit of its system reports"
    one.behave()


@asynccontextmanager
async def a_delivery_is_cut(_: Watched, senders: list[Sender]) -> AsyncIterator[str]:
    one = senders[3]
    one.envelope = _wrong_count
    yield f"unit {one.station.org_nr} says another number of items than it sends"
    one.behave()


@asynccontextmanager
async def a_clock_is_ahead(_: Watched, senders: list[Sender]) -> AsyncIterator[str]:
    one = senders[2]
    one.envelope = _from_the_future
    yield f"the clock of unit {one.station.org_nr} is an hour ahead"
    one.behave()


@asynccontextmanager
async def a_release_is_bad(watching: Watched, senders: list[Sender]) -> AsyncIterator[str]:
    one = senders[2]
    one.station.version, one.items_of = BAD_VERSION, _without_start
    system = one.station.system
    yield f"release {BAD_VERSION} of {system} leaves out the start, and was stopped for it"
    one.behave()
    resume = ("release", "resume", "--system", system, "--version", BAD_VERSION, *WHY)
    await watching.command(*resume)


@asynccontextmanager
async def a_unit_never_begins(watching: Watched, _: list[Sender]) -> AsyncIterator[str]:
    (unit,) = units_of_lane(NEW_UNIT_LANE, 1)
    of_unit = (unit, "--system", System.HELSEPLATTFORMEN)
    await watching.command("registry", "agree", *of_unit, "--from", "2026-01-01", *WHY)
    yield f"unit {unit} has an agreement, and no sender was ever set up"
    await watching.command("registry", "end", *of_unit, "--to", "2026-01-02", *WHY)


@asynccontextmanager
async def a_sink_is_down(watching: Watched, _: list[Sender]) -> AsyncIterator[str]:
    watching.children["identity"].kill()
    yield "the identity sink was killed, and nothing starts it again"
    watching.children["identity"].start()


@asynccontextmanager
async def the_exporter_is_down(watching: Watched, _: list[Sender]) -> AsyncIterator[str]:
    watching.children["exporter"].kill()
    yield "the exporter was killed, and nothing starts it again"
    watching.children["exporter"].start()


@asynccontextmanager
async def a_table_is_locked(watching: Watched, _: list[Sender]) -> AsyncIterator[str]:
    connection = await _database(watching, OWNER)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE content.consultation IN ACCESS EXCLUSIVE MODE")
            yield "a session of the owner holds a lock on the table of consultations"
    finally:
        await connection.close()


@asynccontextmanager
async def a_password_is_another(watching: Watched, _: list[Sender]) -> AsyncIterator[str]:
    role = "content_sink"
    await _set_password(watching, role, "another")
    yield "the database has another password for the login content_sink than the sink uses"
    password = stored_login(watching.settings, "postgres", role).get_secret_value()
    await _set_password(watching, role, password)


@asynccontextmanager
async def the_worker_hangs(watching: Watched, _: list[Sender]) -> AsyncIterator[str]:
    process = watching.work.workers[0].process
    process.send_signal(signal.SIGSTOP)
    yield "the worker's process is stopped (SIGSTOP): it lives and does nothing"
    process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def the_broker_hangs(watching: Watched, _: list[Sender]) -> AsyncIterator[str]:
    with frozen(watching.settings):
        yield "the broker's process is stopped (SIGSTOP): connections are there, and nothing comes"


@asynccontextmanager
async def a_topic_is_another(watching: Watched, senders: list[Sender]) -> AsyncIterator[str]:
    topic = delivery_topic(senders[3].station.system)
    fresh_topics(watching.settings, [topic])
    yield f"{topic} was deleted and made again"


FAULTS: Final[Mapping[str, Fault]] = {
    fault.__name__: fault
    for fault in (
        a_station_is_off,
        a_delivery_is_cut,
        a_clock_is_ahead,
        a_release_is_bad,
        a_unit_never_begins,
        a_sink_is_down,
        the_exporter_is_down,
        a_table_is_locked,
        a_password_is_another,
        the_worker_hangs,
        the_broker_hangs,
        a_topic_is_another,
    )
}
"""Every fault by its name."""


def _wrong_count() -> Mapping[str, Any]:
    return {"item_count": 7}


def _from_the_future() -> Mapping[str, Any]:
    return {"extracted_at": datetime.now(UTC) + AHEAD}


def _without_start(sequence: int) -> Items:
    return [consultation(n, consultation_id=f"bad-{sequence}-{n}", start=None) for n in range(10)]


async def _database(watching: Watched, role: str) -> asyncpg.Connection:
    dsn = postgres_dsn(watching.settings, role).get_secret_value()
    return await asyncpg.connect(dsn)


async def _set_password(watching: Watched, role: str, password: str) -> None:
    """Set it, and end the sessions that logged in with the one before."""
    connection = await _database(watching, SUPERUSER)
    try:
        await connection.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", role
        )
    finally:
        await connection.close()
