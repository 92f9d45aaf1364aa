"""Reservations and erasures of kpr.rights in the database, and what they do to the history."""

# ruff: noqa: S608 - keys of our own

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import RIGHTS, Role
from kpr_stream.reference import load_reference
from kpr_stream.rights.kinds import KINDS
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.rules.receipt_texts import pointer_of
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from kpr_stream.sinks.rebuild.run import rebuild_sink
from kpr_stream.sinks.tables import SinkKind, sink
from kpr_stream.sinks.verify import verify_sink
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.taking import START, opened, take
from tests.integration.sinks.test_on_kafka import Topics, catch_up, fetch, settings, topics
from tests.support.sink_records import consultation, incoming, key_of

__all__ = ["settings", "topics"]
DAY = date(2026, 2, 27)
"""The day of every consultation of these tests."""
MEASURED: Mapping[str, Any] = {
    "length_mm": 540,
    "head_circumference_mm": 380,
    "breastfeeding": "FULLAMMET",
    "warnings": ["WEIGHT_UNUSUAL_FOR_AGE", "TIME_OUTSIDE_OPENING_HOURS"],
    "set_aside": ["length_position", "grade"],
}
SEEN = (
    "SELECT source_offset, status, weight_g, length_mm, head_circumference_mm, breastfeeding, "
    "warnings, set_aside FROM content.consultation_version ORDER BY source_offset"
)
HELD = ("live", 4500, 540, 380, "FULLAMMET", MEASURED["warnings"], MEASURED["set_aside"])
UNWEIGHED = ("live", None, 540, 380, "FULLAMMET", MEASURED["warnings"][1:], MEASURED["set_aside"])
GONE = ("deleted", *[None] * 6)


def person(number: int) -> bytes:
    """The person key of the consultation with this number."""
    return key_of(1_000_000 + number).bytes


def reserved(kind: str, since: date, until: date | None = None) -> dict[str, Any]:
    return {"kind": kind, "from": since, "revoked": until}


async def state(settings: Settings, number: int, **rights: Any) -> None:
    """Write a person's rights as the privacy officer does; None takes them back."""
    key = person(number).hex()
    value = wire.encode("rights", {"person_key": key, **rights}) if rights else None
    await write_bytes(settings, key.encode(), value)


async def write_bytes(settings: Settings, key: bytes, value: bytes | None) -> None:
    access = kafka_access(settings, Role.PRIVACY)
    producer = AIOKafkaProducer(**access.for_aiokafka())
    await producer.start()
    try:
        await producer.send_and_wait(RIGHTS, value, key)
    finally:
        await producer.stop()


async def history(settings: Settings) -> list[tuple[Any, ...]]:
    return [tuple(row)[1:] for row in await fetch(settings, SEEN)]


async def test_a_reservation_empties_stored_and_later_versions(
    settings: Settings, topics: Topics
) -> None:
    await topics.write(
        ("consultation", n, consultation(1, sequence=n, **MEASURED) | own_key(n)) for n in (1, 2)
    )
    await catch_up(settings)
    assert await history(settings) == [HELD, HELD]
    await state(settings, 1, reservations=[reserved("weight", DAY)])
    totals = await catch_up(settings, SinkKind.IDENTITY)
    assert (totals.caught_up, totals.records) == (True, 1)
    assert await history(settings) == [UNWEIGHED, UNWEIGHED]
    # A lane that did not know the reservation yet has written one more.
    await topics.write([("consultation", 3, consultation(1, sequence=3, **MEASURED) | own_key(3))])
    await catch_up(settings)
    assert await history(settings) == [UNWEIGHED] * 3
    # The topics say what they said, and every row is there.
    assert all(one.equal for one in await verify_sink(settings, SinkKind.CONTENT))
    for kind in (SinkKind.CONTENT, SinkKind.IDENTITY):
        await rebuild_sink(settings, kind)
    assert await history(settings) == [UNWEIGHED] * 3
    # What was removed is gone: taking the reservation back brings nothing back.
    await state(settings, 1)
    await catch_up(settings, SinkKind.IDENTITY)
    assert await fetch(settings, "TABLE rights.person", "identity_sink") == []
    assert await history(settings) == [UNWEIGHED] * 3


def own_key(number: int) -> dict[str, Any]:
    return {"consultation_key": key_of(number).hex}


@pytest.mark.parametrize(
    "rights",
    [
        {"reservations": [reserved("weight", DAY + timedelta(days=1))]},
        {"reservations": [reserved("weight", date(2017, 1, 1), DAY)]},
        {"reservations": [reserved("a kind of a later release", DAY)]},
    ],
)
async def test_what_is_not_reserved_on_the_day_stays(
    settings: Settings, topics: Topics, rights: dict[str, Any]
) -> None:
    await topics.write([("consultation", 1, consultation(1, **MEASURED))])
    await catch_up(settings)
    await state(settings, 1, **rights)
    await catch_up(settings, SinkKind.IDENTITY)
    assert await history(settings) == [HELD]


async def test_every_kind_empties_its_fields(settings: Settings, topics: Topics) -> None:
    await topics.write(("consultation", n, consultation(n, **MEASURED)) for n in range(4))
    for n, kind in enumerate(KINDS):
        await state(settings, n, reservations=[reserved(kind.name, DAY)])
    # The rights are there first: the versions come to them.
    await catch_up(settings, SinkKind.IDENTITY)
    await catch_up(settings)
    rows = await fetch(
        settings, "SELECT * FROM content.consultation_version ORDER BY source_offset"
    )
    filled = {"weight_g", "length_mm", "head_circumference_mm", "breastfeeding"}
    for kind, row in zip(KINDS, rows, strict=True):
        covered = {name for name in filled if kind.covers(name)}
        assert {name for name in filled if row[name] is None} == covered
    # In the order of KINDS: growth, weight.
    assert rows[0]["set_aside"] == ["grade"]
    assert rows[1]["warnings"] == ["TIME_OUTSIDE_OPENING_HOURS"]


async def test_of_an_erased_person_the_history_keeps_keys_and_times(
    settings: Settings, topics: Topics
) -> None:
    for n in (1, 2):
        await topics.write([("consultation", n, consultation(n, sequence=n, **MEASURED))])
    await catch_up(settings)
    await state(settings, 1, erased=True, stop_mark="00" * 16)
    await catch_up(settings, SinkKind.IDENTITY)
    assert await history(settings) == [GONE, HELD]
    marker = await fetch(
        settings, "SELECT * FROM content.consultation_version WHERE status = 'deleted'"
    )
    columns = sink(SinkKind.CONTENT).tables[0].content_names
    assert {name for name in columns if marker[0][name] is not None} == set()
    assert all(one.equal for one in await verify_sink(settings, SinkKind.CONTENT))
    await topics.write([("consultation", 1, consultation(1, sequence=7, **MEASURED))])
    await catch_up(settings)
    assert await history(settings) == [GONE, HELD, GONE]
    # The marker of the lane deletes the versions before it, as always.
    await topics.write([("consultation", 1, consultation(1, status="deleted", sequence=8))])
    await catch_up(settings)
    assert (await history(settings))[-1] == GONE


async def test_rights_wait_for_a_batch_that_is_not_committed(database: Database) -> None:
    """Else neither transaction would see the other's rows, and a reserved value would stay."""
    record = incoming("consultation", 1, consultation(1, **MEASURED), number=1)
    async with opened(database) as store:
        await take(store, [incoming("consultation", 0, consultation(9), number=9)])
        content = await database.connect("content_sink")
        owner = await database.connect("kpr_owner")
        try:
            batch = content.transaction()
            await batch.start()
            await content.execute(
                "INSERT INTO content.consultation_version SELECT (v).* FROM (SELECT "
                "jsonb_populate_record(v, jsonb_build_object('consultation_key', $1::text, "
                "'person_key', $2::text)) AS v FROM content.consultation_version v) made",
                key_of(1).hex,
                key_of(1_000_001).hex,
            )
            stating = asyncio.create_task(
                owner.execute(
                    "INSERT INTO rights.person VALUES "
                    "($1, jsonb_build_array(jsonb_build_object('kind', 'weight', "
                    "'from', '2017-01-01')), false, 1, 0, 0)",
                    key_of(1_000_001),
                )
            )
            done, _ = await asyncio.wait([stating], timeout=0.5)
            assert not done
            await batch.commit()
            await stating
        finally:
            await content.close()
            await owner.close()
        later = replace(record, offset=2, key=record.key)
        await take(store, [later], before=replace(START, next_offset=1))
    rows = await database.fetch(
        "content_sink",
        "SELECT DISTINCT weight_g FROM content.consultation_version "
        f"WHERE consultation_key = '{key_of(1)}'",
    )
    assert [row["weight_g"] for row in rows] == [None]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (person(1).hex().encode(), b"\x00\x00\x00\x00\x00\x00"),
        (person(1).hex().encode(), wire.encode("rights", {"person_key": person(2).hex()})),
    ],
)
async def test_a_record_that_cannot_be_used_stops_the_sink(
    settings: Settings, key: bytes, value: bytes
) -> None:
    await write_bytes(settings, key, value)
    with pytest.raises(WireFormatError, match=r"offset 0 of kpr\.rights") as stopped:
        await catch_up(settings, SinkKind.IDENTITY)
    assert "Write this person's rights again" in str(stopped.value.what_to_do)
    assert person(1).hex() not in str(stopped.value)


async def test_the_words_of_a_kind_are_in_its_fields_and_rules_alone(database: Database) -> None:
    """BMI is of weight and of growth; its rule names the weight."""
    reference = load_reference()
    rules = {r.id: pointer_of(reference, r.id).removeprefix("/") for r in catalogue(reference)}
    words = dict(
        tuple(row)
        for row in await database.fetch("kpr_owner", "SELECT kind, words FROM rights.kind")
    )
    assert set(words) == {kind.name for kind in KINDS}
    for kind in KINDS:
        named = re.compile(f"(^|_)({words[kind.name]})(_|$)", re.IGNORECASE)
        covered = {rule for rule, field in rules.items() if kind.covers(field)}
        more = {rule for rule in rules if "BMI" in rule} if kind.name == "growth" else set()
        assert {rule for rule in rules if named.search(rule)} == covered | more
