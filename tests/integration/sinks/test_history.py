"""What the history keeps, what it forgets, and that the past gives the same answer later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kpr_stream.model.header import HeaderStatus
from kpr_stream.sinks.position import ASKED_FOR, LogState, Rebuild, rebuilt
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.taking import opened, take
from tests.support.sink_records import Incoming, consultation, headers, incoming

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOG_LOST = Rebuild("a test", loses_keys=True)


def version(offset: int, number: int, weight_g: int | None = 4500, **more: Any) -> Incoming:
    """The record of a consultation, extracted and received ``offset`` hours after the first."""
    at = FIRST + timedelta(hours=offset)
    status = more.pop("status", "live")
    ledger = headers(**more)
    content = {} if status != "live" else {"weight_g": weight_g}
    sent = consultation(number, status=status, extracted_at=at, **content)
    made = incoming("consultation", offset, sent, number=number)
    return replace(made, headers=ledger, timestamp=round(at.timestamp() * 1000))


def tombstone(offset: int, number: int) -> Incoming:
    return incoming("consultation", offset, None, number=number)


def at_hour(hours: float) -> datetime:
    return FIRST + timedelta(hours=hours)


async def weights(database: Database) -> list[tuple[int, int | None]]:
    found = await database.fetch(
        "content_sink",
        "SELECT source_offset, weight_g FROM content.consultation_version ORDER BY 1",
    )
    return [(r["source_offset"], r["weight_g"]) for r in found]


async def known_at(database: Database, when: datetime) -> list[tuple[int, int | None]]:
    connection = await database.connect("privacy")
    try:
        rows = await connection.fetch(
            "SELECT right(consultation_key::text, 1)::int AS number, weight_g "
            "FROM content.consultation_as_of($1) ORDER BY 1",
            when,
        )
    finally:
        await connection.close()
    return [(r["number"], r["weight_g"]) for r in rows]


async def test_every_record_is_a_version_also_of_one_batch(database: Database) -> None:
    async with opened(database) as store:
        records = [version(0, 1, 100), version(1, 2, 200), version(2, 1, 101)]
        await take(store, records)
        await take(store, records)
        await take(store, [version(3, 1, status="deleted", revision=0)])
    assert await weights(database) == [(0, 100), (1, 200), (2, 101), (3, None)]
    (row,) = await database.fetch(
        "privacy",
        "SELECT valid_from, valid_to, recorded_at, replaced_at "
        "FROM content.consultation_history WHERE weight_g = 100",
    )
    assert tuple(row) == (at_hour(0), at_hour(2), at_hour(0), at_hour(2))


async def test_the_past_gives_the_same_answer_after_later_corrections(database: Database) -> None:
    async with opened(database) as store:
        await take(store, [version(0, 1, 100), version(1, 2, 200)])
        then = await known_at(database, at_hour(1))
        assert then == [(1, 100), (2, 200)]
        await take(store, [version(2, 1, 101), version(3, 2, status="superseded")])
        await take(store, [version(4, 3, 300)])
    assert await known_at(database, at_hour(1)) == then
    assert await known_at(database, at_hour(2)) == [(1, 101), (2, 200)]
    assert await known_at(database, at_hour(9)) == [(1, 101), (3, 300)]
    assert await known_at(database, at_hour(-1)) == []


async def test_a_command_that_writes_again_makes_a_version_of_its_own(database: Database) -> None:
    async with opened(database) as store:
        await take(store, [version(0, 1, 100)])
        again = version(0, 1, 100, revision=1)
        later = round(at_hour(5).timestamp() * 1000)
        await take(store, [replace(again, offset=7, timestamp=later)])
    assert await weights(database) == [(0, 100), (7, 100)]
    found = await database.fetch(
        "content_sink", "SELECT recorded_at FROM content.consultation_version ORDER BY 1"
    )
    assert [r["recorded_at"] for r in found] == [at_hour(0), at_hour(5)]


async def test_an_erasure_takes_every_version(database: Database) -> None:
    async with opened(database) as store:
        await take(store, [version(0, 1, 100), version(1, 2, 200), version(2, 1, 101)])
        await take(store, [version(3, 1, 102), tombstone(4, 1), version(5, 1, 103)])
        assert await weights(database) == [(1, 200), (5, 103)]
        await take(store, [tombstone(6, 1)])
    assert await weights(database) == [(1, 200)]


async def test_the_marker_of_an_erased_person_takes_the_earlier_versions(
    database: Database,
) -> None:
    forgets = replace(version(3, 1, status="deleted"), headers=headers(status=HeaderStatus.LIVE))
    deletes = replace(version(4, 2, status="deleted"), headers=headers(status=HeaderStatus.DELETED))
    async with opened(database) as store:
        await take(store, [version(0, 1, 100), version(1, 2, 200)])
        await take(store, [version(2, 1, 101), forgets, deletes])
    assert await weights(database) == [(1, 200), (3, None), (4, None)]


async def test_a_rebuild_keeps_what_the_topic_has_compacted(database: Database) -> None:
    async with opened(database) as store:
        after = await take(
            store, [version(0, 1, 100), version(1, 2, 200), version(2, 1, 101), version(3, 3, 300)]
        )
        # The log has lost version 0 by compaction and key 3 by an erasure.
        again = rebuilt(after, LogState(0, 4, "id"), after.noted_at, ASKED_FOR)
        await take(store, [version(1, 2, 200), version(2, 1, 101), tombstone(3, 9)], before=again)
        assert await weights(database) == [(0, 100), (1, 200), (2, 101)]
        epochs = "SELECT source_epoch FROM content.consultation_version ORDER BY source_offset"
        found = await database.fetch("content_sink", epochs)
        assert [r["source_epoch"] for r in found] == [1, 2, 2]


async def test_a_rebuild_does_not_lose_a_version_after_an_old_tombstone(
    database: Database,
) -> None:
    async with opened(database) as store:
        after = await take(store, [tombstone(0, 1), version(1, 1, 100), version(2, 1, 101)])
        again = rebuilt(after, LogState(0, 3, "id"), after.noted_at, ASKED_FOR)
        await take(store, [tombstone(0, 1), version(2, 1, 101)], before=again)
    assert await weights(database) == [(1, 100), (2, 101)]


async def test_a_log_that_was_lost_erases_nothing(database: Database) -> None:
    async with opened(database) as store:
        after = await take(store, [version(0, 1, 100), version(1, 2, 200)])
        again = rebuilt(after, LogState(0, 1, "other"), after.noted_at, LOG_LOST)
        after = await take(store, [version(0, 3, 300)], before=again)
        assert await weights(database) == [(0, 100), (0, 300), (1, 200)]
        # A tombstone of the new log takes the versions of the old one too.
        after = await take(store, [tombstone(1, 2)], before=after)
        # And a later rebuild of this log still knows that it cannot tell of key 1.
        again = rebuilt(after, LogState(0, 2, "other"), after.noted_at, ASKED_FOR)
        await take(store, [version(0, 3, 300), tombstone(1, 2)], before=again)
    assert await weights(database) == [(0, 100), (0, 300)]
