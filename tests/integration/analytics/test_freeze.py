"""A freeze gives the same numbers later; erasures and reservations alone take something out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kpr_stream.analytics.export.create import ExportOrder, create_export
from kpr_stream.analytics.export.refresh import refresh_export
from kpr_stream.analytics.freeze import Freeze, create_freeze, drop_freeze, list_freezes
from kpr_stream.analytics.purpose import Purpose
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.errors import ConfigurationError, UsageError
from kpr_stream.model.header import HeaderStatus
from tests.integration.analytics.test_refresh import TODAY, Mirrored, after_reform, mirrored
from tests.integration.sinks.conftest import database
from tests.integration.sinks.taking import START, opened, take
from tests.integration.sinks.test_history import tombstone, version
from tests.support.sink_records import Incoming, consultation, headers, incoming, key_of
from tests.support.sql_examples import sql_examples

__all__ = ["database", "mirrored"]
WHY = Purpose("A test of freezes")
BORN = date(2025, 10, 14)
NUMBERS = """
SELECT current_municipality_code, programme_step, age_months, group_key IS NULL, count(*),
    sum(weight_g), sum(length_mm), count(breastfeeding_status), count(DISTINCT group_key),
    sum(weight_z)
FROM analytics.{view} {where} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


COLUMNS = """
SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped
    AND attrelid = 'analytics.{}'::regclass ORDER BY attnum
"""


class Frozen:
    """A register whose rows come through the functions of the sinks."""

    def __init__(self, mirrored: Mirrored) -> None:
        self.mirrored, self.position, self.offset = mirrored, START, 0
        self.settings = mirrored.database.settings

    def record(self, number: int, **more: Any) -> Incoming:
        """A consultation of a child of its own, at six weeks unless ``age`` is given."""
        age = more.pop("age", 44)
        given: dict[str, Any] = {"weight_g": 4500 + number}
        if more.get("status", "live") == "live":
            given |= {"length_mm": 550, "breastfeeding_status": "FULLT", "breastfeeding": "FULLT"}
            given |= {"attendance": "MOTT", "municipality_code": "5044", "age_days": age}
            given |= {"date": BORN + timedelta(days=age), "sex": "1"}
        made = consultation_version(self.offset, number, **given | more)
        self.offset += 1
        return made

    def gone(self, number: int) -> Incoming:
        self.offset += 1
        return tombstone(self.offset - 1, number)

    async def take(self, *records: Incoming) -> None:
        async with opened(self.mirrored.database) as store:
            self.position = await take(store, records, before=self.position)
        await self.mirrored.refresh()

    async def numbers(self, freeze: str | None = None) -> list[tuple[Any, ...]]:
        """What an analyst counts, now or in a freeze."""
        view = "frozen_consultation" if freeze else "consultation"
        where = f"WHERE freeze_name = '{freeze}'" if freeze else ""
        return await self.mirrored.rows(NUMBERS.format(view=view, where=where))

    async def freeze(self, name: str = "first") -> Freeze:
        await create_freeze(self.settings, name, WHY)
        return await self.listed(name)

    async def listed(self, name: str = "first") -> Freeze:
        return next(one for one in await list_freezes(self.settings) if one.name == name)


def consultation_version(offset: int, number: int, **more: Any) -> Incoming:
    """As ``version`` of the history's tests, with more content."""
    plain = version(offset, number, **{k: more[k] for k in ("status",) if k in more})
    if more.get("status", "live") != "live":
        return plain
    at = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(hours=offset)
    sent = consultation(number, extracted_at=at, **more)
    return replace(plain, value=incoming("consultation", offset, sent, number=number).value)


def person(number: int) -> UUID:
    """The person key of a consultation."""
    return key_of(1_000_000 + number)


@pytest.fixture
async def register(mirrored: Mirrored) -> Frozen:
    made = Frozen(mirrored)
    await made.take(*(made.record(number) for number in range(1, 6)))
    return made


async def test_corrections_deletions_and_new_rows_change_nothing(register: Frozen) -> None:
    before = await register.numbers()
    made = await register.freeze()
    assert (made.consultations, made.appointments, made.login) == (5, 0, "analyst")
    assert await register.numbers("first") == before

    await register.take(register.record(1, weight_g=9999), register.record(7))
    await register.take(
        register.record(2, status="deleted"),
        register.record(3, status="superseded"),
        register.record(4, age=200),
    )
    await register.take(register.record(1, weight_g=8888))
    now = await register.numbers()
    assert now != before
    assert await register.numbers("first") == before

    second = await register.freeze("second")
    await register.take(register.record(1, weight_g=7777), register.record(7, status="deleted"))
    await register.mirrored.refresh(rebuild=True)
    assert await register.numbers("first") == before
    assert await register.numbers("second") == now
    assert second.consultations == 4
    for one in await list_freezes(register.settings):
        assert (one.consultations_erased, one.consultations_with_withdrawn_measures) == (0, 0)


async def test_an_erasure_leaves_every_freeze_and_is_counted(register: Frozen) -> None:
    await register.freeze()
    # Two that are live, one of them by a marker; one that was corrected; one that was deleted.
    await register.take(register.record(3, weight_g=9999), register.record(4, status="deleted"))
    erased = replace(
        register.record(2, status="deleted"), headers=headers(status=HeaderStatus.LIVE)
    )
    await register.take(register.gone(1), erased, register.gone(3), register.gone(4))
    keys = await register.mirrored.rows(
        "SELECT consultation_key FROM analytics.frozen_consultation"
    )
    assert keys == [(key_of(5),)]
    kept = "SELECT count(*) FROM analytics.kept_consultation"
    assert await register.mirrored.rows(kept, "kpr_owner") == [(0,)]
    listed = await register.listed()
    assert (listed.consultations, listed.consultations_erased) == (5, 4)
    await register.mirrored.refresh(rebuild=True)
    assert (await register.listed()).consultations_erased == 4


async def test_what_is_reserved_leaves_every_freeze(register: Frozen) -> None:
    """Of live, corrected and deleted items; a correction that removes a value changes nothing."""
    mirrored = register.mirrored
    await register.freeze()
    await register.take(
        register.record(1, weight_g=9999),
        register.record(2, status="deleted"),
        register.record(3, weight_g=None),
    )
    for number in (1, 2, 4):
        await mirrored.reserve(person(number), "weight", since=BORN)
    await mirrored.reserve(person(5), "breastfeeding", since=BORN, until=BORN + timedelta(days=9))
    await mirrored.refresh()
    found = (
        "SELECT right(consultation_key::text, 1)::int, weight_g, weight_z IS NULL, bmi_z IS NULL, "
        "length_mm, breastfeeding_status FROM analytics.frozen_consultation "
        "WHERE freeze_name = 'first' ORDER BY 1"
    )
    expected = [
        (1, None, True, True, 550, "FULLT"),
        (2, None, True, True, 550, "FULLT"),
        (3, 4503, False, False, 550, "FULLT"),
        (4, None, True, True, 550, "FULLT"),
        (5, 4505, False, False, 550, "FULLT"),
    ]
    assert await mirrored.rows(found) == expected
    listed = await register.listed()
    assert (listed.consultations_with_withdrawn_measures, listed.consultations_erased) == (3, 0)
    # Deleted later: the measure does not come back.
    await register.take(register.record(1, status="deleted"), register.record(4, status="deleted"))
    assert await mirrored.rows(found) == expected


async def test_a_right_counts_for_linked_keys_too(register: Frozen) -> None:
    """The key of the item was deleted, and is linked to the key of the reservation."""
    mirrored = register.mirrored
    await register.freeze()
    await register.take(register.record(1, status="deleted"))
    await mirrored.reserve(person(9), "growth", since=BORN)
    await mirrored.known(person(9), "fnr")
    await mirrored.known(person(1), "local")
    await mirrored.link(person(1), person(9))
    await mirrored.refresh()
    length = (
        "SELECT length_mm, weight_g FROM analytics.frozen_consultation "
        "WHERE consultation_key = $1 AND freeze_name = 'first'"
    )
    rows = await mirrored.database.fetch("analyst", length.replace("$1", f"'{key_of(1)}'"))
    assert [tuple(row) for row in rows] == [(None, 4501)]
    await mirrored.state_rights(person(9), reservations="[]", erased=True)
    await mirrored.refresh()
    assert (await register.listed()).consultations_erased == 1


async def test_an_erased_person_leaves_every_freeze(register: Frozen) -> None:
    """As the identity sink states it, before any record of the processor has come."""
    mirrored = register.mirrored
    await register.freeze()
    await register.take(register.record(1, weight_g=9999), register.record(2, status="deleted"))
    for number in (1, 2, 3):
        await mirrored.state_rights(person(number), reservations="[]", erased=True)
    await mirrored.refresh()
    keys = "SELECT consultation_key FROM analytics.frozen_consultation ORDER BY 1"
    assert await mirrored.rows(keys) == [(key_of(4),), (key_of(5),)]
    assert (await register.listed()).consultations_erased == 3


async def test_links_and_reforms_change_nothing(register: Frozen, tmp_path: Path) -> None:
    mirrored = register.mirrored
    await register.freeze()
    before = await register.numbers("first")
    places = "SELECT DISTINCT current_municipality_code FROM analytics.{}"
    await mirrored.known(person(1), "fnr")
    await mirrored.known(person(2), "local")
    await mirrored.link(person(1), person(2))
    mirrored.reference = after_reform(
        tmp_path / "reference", "5044", "5001", TODAY + timedelta(days=1)
    )
    await load_into_database(register.settings, mirrored.reference)
    await mirrored.refresh()
    assert await mirrored.rows(places.format("consultation")) == [("5001",)]
    assert await mirrored.rows("SELECT count(DISTINCT group_key) FROM analytics.consultation") == [
        (4,)
    ]
    assert await register.numbers("first") == before
    assert await mirrored.rows(places.format("frozen_consultation")) == [("5044",)]


async def test_appointments_are_frozen_too(register: Frozen) -> None:
    mirrored = register.mirrored
    now = datetime(2024, 1, 1, tzinfo=UTC)
    row: dict[str, Any] = {
        "person_key": person(1),
        "date": date(2026, 1, 5),
        "age_days": 83,
        "org_nr": "974767880",
        "system": "visma-hspro",
        "sequence": 1,
        "source_epoch": 1,
        "rule_set_version": "1",
        "reference_version": "1",
        "status": "live",
        "extracted_at": now,
        "received_at": now,
        "attendance": "PLANLAGT",
    }
    version_of = {"revision": 0, "recorded_at": now, "source_offset": 1, "source_partition": 3}
    columns = ", ".join(("appointment_key", *row, *version_of))
    places = ", ".join(f"${n}" for n in range(1, len(row) + len(version_of) + 2))
    for number in (1, 2):
        await mirrored.put("content.appointment", appointment_key=key_of(number), **row)
        await mirrored.execute(
            f"INSERT INTO content.appointment_version ({columns}) VALUES ({places})",  # noqa: S608 - our table
            *(key_of(number), *row.values(), *version_of.values()),
        )
    await mirrored.refresh()
    made = await register.freeze()
    assert made.appointments == 2
    seen = (
        "SELECT attendance FROM analytics.frozen_appointment WHERE freeze_name = 'first' ORDER BY 1"
    )
    more = row | {"attendance": "MOTT"}
    await mirrored.put("content.appointment", appointment_key=key_of(1), **more)
    await mirrored.refresh()
    assert await mirrored.rows(seen) == [("PLANLAGT",), ("PLANLAGT",)]
    gone = "DELETE FROM content.appointment{} WHERE appointment_key = $1"
    for table in ("", "_version"):
        await mirrored.execute(gone.format(table), key_of(1))
    await mirrored.refresh()
    assert await mirrored.rows(seen) == [("PLANLAGT",)]
    assert (await register.listed()).appointments_erased == 1


async def test_a_dropped_freeze_leaves_what_others_need(register: Frozen) -> None:
    await register.freeze("first")
    await register.freeze("second")
    await register.take(register.record(1, weight_g=9999))
    await register.freeze("third")
    await register.take(register.record(1, weight_g=8888))
    second, third = await register.numbers("second"), await register.numbers("third")
    kept = "SELECT count(*) FROM analytics.kept_consultation"
    for name, rows in (("first", 2), ("third", 1)):
        await drop_freeze(register.settings, name)
        assert await register.mirrored.rows(kept, "kpr_owner") == [(rows,)]
        assert await register.numbers("second") == second
    assert third != second
    await drop_freeze(register.settings, "second")
    assert await register.mirrored.rows(kept, "kpr_owner") == [(0,)]
    assert await list_freezes(register.settings) == []
    with pytest.raises(UsageError, match="no freeze second"):
        await drop_freeze(register.settings, "second")


async def test_an_export_of_a_freeze_stays_the_same(register: Frozen, tmp_path: Path) -> None:
    await register.freeze()
    folder = tmp_path / "rows"
    order = ExportOrder(purpose=WHY, folder=folder, expires_days=1, freeze="first")
    now = datetime(2026, 3, 2, tzinfo=UTC)
    made = await create_export(register.settings, order, now, lambda _: None)
    assert (made.rows, made.freeze) == (5, "first")
    await register.take(register.record(1, weight_g=9999), register.record(2, status="deleted"))
    done = await refresh_export(register.settings, folder, now, lambda _: None)
    assert (done.rewritten, done.manifest.rows) == (0, 5)
    await register.take(register.gone(1))
    done = await refresh_export(register.settings, folder, now, lambda _: None)
    assert (done.rewritten, done.manifest.rows) == (1, 4)
    await drop_freeze(register.settings, "first")
    with pytest.raises(UsageError, match="no freeze 'first'"):
        await refresh_export(register.settings, folder, now, lambda _: None)
    assert list(folder.glob("consultation/*"))


async def test_names_are_taken_once_and_need_a_refresh(mirrored: Mirrored) -> None:
    settings = mirrored.database.settings
    with pytest.raises(ConfigurationError, match="never been refreshed"):
        await create_freeze(settings, "first", WHY)
    await mirrored.refresh()
    await create_freeze(settings, "first", WHY)
    with pytest.raises(UsageError, match="first already"):
        await create_freeze(settings, "first", WHY)
    entries = await mirrored.rows(
        "SELECT kind, what, row_count FROM analytics.disclosure", "privacy"
    )
    assert entries == [("freeze", "freeze first", 0)]
    for name in ("1st", "Annual", "a" * 41, "a-1234567"):
        with pytest.raises(asyncpg.CheckViolationError):
            await mirrored.database.fetch(
                "analyst", "SELECT analytics.create_freeze($1, 'A test')", name
            )
    stale = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT analytics.create_freeze('x', 'A test')"
    connection = await mirrored.database.connect("analyst")
    try:
        with pytest.raises(asyncpg.ActiveSQLTransactionError, match="READ COMMITTED"):
            await connection.execute(stale)
    finally:
        await connection.close()


async def test_kept_rows_have_the_columns_of_rows(mirrored: Mirrored) -> None:
    """A trigger copies them by position."""
    for relation, more in (
        ("consultation", ["replaced", "withdrawn"]),
        ("appointment", ["replaced"]),
    ):
        names = {
            table: [
                name
                for (name,) in await mirrored.rows(
                    COLUMNS.format(table),
                    "kpr_owner",
                )
            ]
            for table in (f"{relation}_row", f"kept_{relation}", relation, f"frozen_{relation}")
        }
        assert names[f"kept_{relation}"] == [*names[f"{relation}_row"], *more]
        assert names[f"frozen_{relation}"] == ["freeze_name", *names[relation]]


async def test_the_examples_of_the_pages_work(register: Frozen) -> None:
    await register.freeze("annual-2026")
    (frozen,) = sql_examples("freeze")
    assert await register.mirrored.rows(frozen) == [("HELSESTASJON_0_5", 5)]
    (left,) = sql_examples("disclosures")
    for role in ("privacy", "operator"):
        ((login, kind, purpose, times, rows, _),) = await register.mirrored.rows(left, role)
        assert (login, kind, purpose, times, rows) == ("analyst", "freeze", WHY.text, 1, 5)
