"""What a refresh does with rows that come, change and go."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kpr_stream.analytics.refresh import Refreshed, refresh
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.reference import Reference, load_reference
from kpr_stream.reference.check import seals
from kpr_stream.reference.load import (
    parse_all,
    read_contents,
    read_reference,
    shipped_folder,
)
from kpr_stream.reference.manifest import MANIFEST, Manifest
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.test_rights import QUALITY

TODAY = date(2024, 6, 1)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
BORN = date(2019, 1, 10)
UNIT, OTHER_UNIT, YOUTH_UNIT = "974760673", "983658776", "991825827"
FNR, LOCAL, STRANGER = UUID(int=0x11), UUID(int=0x22), UUID(int=0x33)
_ROW = {
    "status": "live",
    "org_nr": UNIT,
    "system": "visma-hspro",
    "sequence": 1,
    "rule_set_version": "1",
    "reference_version": "1",
    "source_epoch": 1,
    "attendance": "MOTT",
    "municipality_code": "5001",
    "sex": "1",
}
_DELIVERY = {
    **dict.fromkeys(
        [
            *("item_count", "accepted_items", "corrected_items", "deleted_items", "stale_items"),
            *("duplicate_items", "superseded_items", "rejected_items", "delivery_offset"),
        ],
        0,
    ),
    **dict.fromkeys(("attempt", "expected_sequence", "parts", "source_epoch"), 1),
    **dict.fromkeys(("delivery_partition", "source_partition"), 3),
    "system": "visma-hspro",
    "message_type": "consultation",
    "status": "processed",
    "municipality_code": "5001",
    "software_version": "7.1",
    "notes": [],
    "rule_set_version": "1",
}


class Mirrored:
    """The mirrored tables, written as a sink writes them: each record at the next offset."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.offset = 0
        self.reference = load_reference()

    async def put(self, table: str, **row: Any) -> None:
        self.offset += 1
        lane = row.pop("lane", 3)
        given = row | {"source_offset": self.offset, "source_partition": lane}
        unique = [next(iter(given)), *(["source_partition"] if "identity" in table else [])]
        places = ", ".join(f"${n}" for n in range(1, len(given) + 1))
        changes = ", ".join(f"{name} = excluded.{name}" for name in given)
        await self.execute(
            f"INSERT INTO {table} ({', '.join(given)}) VALUES ({places}) "  # noqa: S608 - our tables
            f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {changes}",
            *given.values(),
        )

    async def visit(self, number: int, person: UUID | None = FNR, *, age: int, **more: Any) -> None:
        now = datetime(2024, 1, 1, tzinfo=UTC)
        given = {"service": "HELSESTASJON_0_5", "date": BORN + timedelta(days=age), "age_days": age}
        await self.put(
            "content.consultation",
            consultation_key=UUID(int=number),
            person_key=person,
            **_ROW | {"extracted_at": now, "received_at": now} | given | more,
        )

    async def known(self, person: UUID, kind: str) -> None:
        await self.put(
            "identity.identity",
            person_key=person,
            key_version=1,
            id_kind=kind,
            sealed_key_id="1",
            sealed_nonce=b"",
            sealed_ciphertext=b"",
            links="[]",
            source_epoch=1,
        )

    async def link(self, one: UUID, other: UUID, **more: Any) -> None:
        given = {"evidence": "local_id", "withdrawn": False} | more
        await self.put(
            "identity.identity_link",
            link_key=UUID(int=one.int ^ other.int),
            person_key=one,
            other_key=other,
            changed_at=datetime(2024, 1, 1, tzinfo=UTC),
            source_epoch=1,
            **given,
        )

    async def execute(self, sql: str, *values: Any) -> None:
        connection = await self.database.connect("kpr_owner")
        try:
            await connection.execute(sql, *values)
        finally:
            await connection.close()

    async def rows(self, sql: str, role: str = "analyst") -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.database.fetch(role, sql)]

    async def delivered(self, first: date, last: date, org_nr: str = UNIT, **more: Any) -> None:
        """A delivery of consultations that covers some days, received the day after."""
        self.offset += 1
        received = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
        given = _DELIVERY | {
            "org_nr": org_nr,
            "period_from": first,
            "period_to": last,
            "received_at": received,
            "sequence": self.offset,
            "source_offset": self.offset,
        }
        given |= more
        places = ", ".join(f"${n}" for n in range(1, len(given) + 1))
        await self.execute(
            f"INSERT INTO content.delivery ({', '.join(given)}) VALUES ({places})",  # noqa: S608 - our table
            *given.values(),
        )

    async def reserve(
        self, person: UUID, *kinds: str, since: date, until: date | None = None
    ) -> None:
        """Replace what a person has reserved, as the identity sink does."""
        reservations = [
            {"kind": kind, "from": str(since), "until": None if until is None else str(until)}
            for kind in kinds
        ]
        await self.state_rights(person, reservations=json.dumps(reservations), erased=False)

    async def state_rights(self, person: UUID, **rights: Any) -> None:
        await self.execute("DELETE FROM rights.person WHERE person_key = $1", person)
        await self.put("rights.person", person_key=person, source_epoch=1, **rights)

    async def refresh(
        self,
        *,
        rebuild: bool = False,
        as_of: date = TODAY,
    ) -> Refreshed:
        return await refresh(
            self.database.settings,
            self.reference,
            as_of=as_of,
            rebuild=rebuild,
        )


@pytest.fixture
async def mirrored(database: Database) -> Mirrored:
    await load_into_database(database.settings, load_reference())
    return Mirrored(database)


async def test_a_link_makes_one_person_and_its_withdrawal_two(mirrored: Mirrored) -> None:
    await mirrored.known(FNR, "fnr")
    await mirrored.known(LOCAL, "local")
    await mirrored.visit(1, LOCAL, age=10, consultation_type="HJEMMEBESOK")
    await mirrored.visit(2, FNR, age=42, programme_step_reported="UKE_6")
    await mirrored.refresh()
    persons = "SELECT group_key, id_kind, age_weeks FROM analytics.consultation ORDER BY date"
    assert await mirrored.rows(persons) == [(LOCAL, "local", 1), (FNR, "fnr", 6)]

    await mirrored.link(LOCAL, FNR)
    done = await mirrored.refresh()
    assert (done.rebuilt, done.persons, done.consultations) == (False, 2, 1)
    assert await mirrored.rows(persons) == [(FNR, "local", 1), (FNR, "fnr", 6)]
    six_weeks = (
        "SELECT sum(children), sum(on_time) FROM analytics.follow_up_cell WHERE code = 'UKE_6'"
    )
    assert await mirrored.rows(six_weeks, "kpr_owner") == [(1, 1)]

    await mirrored.link(LOCAL, FNR, withdrawn=True, withdrawn_because="birth_dates")
    await mirrored.refresh()
    assert await mirrored.rows(persons) == [(LOCAL, "local", 1), (FNR, "fnr", 6)]
    assert await mirrored.rows(six_weeks, "kpr_owner") == [(2, 1)]
    assert (await mirrored.refresh()).persons == 0


async def test_links_are_those_that_are_live(mirrored: Mirrored) -> None:
    await mirrored.visit(1, FNR, age=10)
    await mirrored.link(LOCAL, FNR)
    await mirrored.link(LOCAL, FNR, withdrawn=True, withdrawn_because="deleted", lane=4)
    await mirrored.link(STRANGER, FNR, withdrawn=True, withdrawn_because="corrected")
    await mirrored.refresh()
    links = "SELECT person_key, other_key FROM"
    expected = await mirrored.rows(f"{links} identity.standing_link", "kpr_owner")
    assert expected == [(FNR, LOCAL)]
    assert await mirrored.rows(f"{links} analytics.link", "kpr_owner") == expected
    await mirrored.link(FNR, LOCAL, evidence="operator", withdrawn=True, lane=5)
    await mirrored.refresh()
    assert await mirrored.rows(f"{links} analytics.link", "kpr_owner") == []


async def test_twins_under_one_local_id_remain_two(mirrored: Mirrored) -> None:
    for person in (FNR, STRANGER):
        await mirrored.known(person, "fnr")
        await mirrored.link(LOCAL, person)
    await mirrored.known(LOCAL, "local")
    for number, person in enumerate((FNR, STRANGER, LOCAL)):
        await mirrored.visit(number, person, age=42)
    await mirrored.refresh()
    groups = await mirrored.rows("SELECT DISTINCT group_key FROM analytics.consultation")
    assert {group for (group,) in groups} == {FNR, STRANGER, LOCAL}


async def test_a_correction_a_deletion_and_an_erasure_leave_every_count(
    mirrored: Mirrored,
) -> None:
    for number in (1, 2, 3):
        await mirrored.visit(number, age=42, duration_minutes=20, programme_step_reported="UKE_6")
    await mirrored.refresh()
    contacts = "SELECT sum(contacts), sum(persons), sum(minutes) FROM analytics.activity"
    assert await mirrored.rows(contacts) == [(3, 1, 60.0)]
    await mirrored.visit(1, age=91, duration_minutes=30)
    await mirrored.visit(2, age=42, status="deleted")
    await mirrored.execute(
        "UPDATE content.consultation SET person_key = NULL, date = NULL WHERE status = 'deleted'"
    )
    done = await mirrored.refresh()
    assert done.consultations == 2
    assert await mirrored.rows(contacts) == [(2, 2, 50.0)]
    await mirrored.execute("DELETE FROM content.consultation WHERE status = 'live'")
    done = await mirrored.refresh()
    assert done.consultations == 2
    for table in ("consultation_row", "person", "person_group", "place"):
        assert await mirrored.rows(f"TABLE analytics.{table}", "kpr_owner") == []
    for view in ("activity", "adherence_known", "breastfeeding", "measuring", "measuring_year"):
        assert await mirrored.rows(f"TABLE analytics.{view}") == []


async def test_a_rebuild_finds_what_the_refreshes_have_made(mirrored: Mirrored) -> None:
    for number in range(12):
        more = {"weight_g": 4000, "consultation_type": "INDIVIDUELL"}
        await mirrored.visit(number, (FNR, LOCAL)[number % 2], age=30 * number, **more)
        if number % 5 == 0:
            await mirrored.delivered(date(2024, 1 + number // 5, 1), date(2024, 3, 31))
            await mirrored.refresh()
    await mirrored.visit(3, FNR, age=400, org_nr=OTHER_UNIT)
    await mirrored.refresh()
    tables = [
        *("consultation_row", "person_group", "activity_cell", "follow_up_cell", "person"),
        *("breastfeeding_cell", "measuring_cell", "reported_month", "unit_month"),
        *("follow_up_year", "measuring_year_cell"),
    ]
    sql = "SELECT to_jsonb(t) - 'place_id' - 'made' FROM analytics.{} t ORDER BY 1"
    before = [await mirrored.rows(sql.format(table), "kpr_owner") for table in tables]
    assert all(before)
    assert (await mirrored.refresh(rebuild=True)).rebuilt
    assert [await mirrored.rows(sql.format(table), "kpr_owner") for table in tables] == before


async def test_a_window_closes_when_the_day_comes_and_a_month_without_reports_counts_apart(
    mirrored: Mirrored,
) -> None:
    for number in range(12):
        visit: Any = {"consultation_type": "HJEMMEBESOK"} if number == 0 else {}
        await mirrored.visit(number, age=10 + 30 * number, **visit)
    counts = (
        "SELECT children, on_time, children_window_open, children_without_reporting "
        "FROM analytics.adherence_known WHERE code = 'HJEMMEBESOK'"
    )
    # Born in January: the youngest is 20 days old on 20 February, known 91 days later, and the
    # window is closed a month after that.
    ends = date(2019, 1, 31) + timedelta(days=20 + 91 + 31)
    await mirrored.delivered(date(2019, 1, 1), date(2019, 3, 14))
    await mirrored.delivered(date(2019, 3, 16), date(2019, 6, 30))
    await mirrored.refresh(as_of=ends - timedelta(days=1))
    assert await mirrored.rows(counts) == [(0, 0, 1, 0)]
    # A Friday in March is not reported, though the month has contacts.
    await mirrored.refresh(as_of=ends)
    assert await mirrored.rows(counts) == [(0, 0, 0, 1)]
    await mirrored.delivered(date(2019, 3, 15), date(2019, 3, 15), received_at=NOW)
    done = await mirrored.refresh(as_of=ends)
    assert (done.consultations, await mirrored.rows(counts)) == (0, [(1, 1, 0, 0)])


async def test_who_has_reserved_leaves_numerator_and_denominator(mirrored: Mirrored) -> None:
    for number, person in enumerate((FNR, STRANGER)):
        more = {"breastfeeding_status": "FULLT", "weight_g": 4500}
        await mirrored.visit(number, person, age=42, programme_step_reported="UKE_6", **more)
    await mirrored.refresh()
    milk = "SELECT sum(seen), sum(fully) FROM analytics.breastfeeding"
    weighed = (
        "SELECT measure, sum(expected), sum(measured) FROM analytics.measuring "
        "WHERE measure <> 'length' GROUP BY 1 ORDER BY 1"
    )
    assert await mirrored.rows(milk) == [(2, 2)]
    since = BORN + timedelta(days=42)
    await mirrored.reserve(FNR, "breastfeeding", "weight", since=since)
    await mirrored.refresh()
    assert await mirrored.rows(milk) == [(1, 1)]
    assert await mirrored.rows(weighed) == [("head_circumference", 2, 0), ("weight", 1, 1)]
    await mirrored.refresh()
    assert await mirrored.rows(milk) == [(1, 1)]
    for kinds in (("breastfeeding",), ()):
        await mirrored.reserve(FNR, *kinds, since=since + timedelta(days=1))
        await mirrored.refresh()
        assert await mirrored.rows(milk) == [(2, 2)]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await mirrored.rows("TABLE analytics.excluded_person")


async def test_a_reform_changes_today_in_every_view_and_no_row(
    mirrored: Mirrored, tmp_path: Path
) -> None:
    milk: Any = {"breastfeeding_status": "FULLT", "programme_step_reported": "UKE_6"}
    await mirrored.visit(1, age=42, municipality_code="5044", **milk)
    await mirrored.visit(2, age=5000, municipality_code="5044", service="HFU")
    await mirrored.refresh()
    views = [
        *("consultation", "activity", "adherence_known", "coverage_population"),
        *("breastfeeding", "measuring", "measuring_year"),
    ]
    today = "SELECT DISTINCT current_municipality_code FROM analytics.{}"
    for view in views:
        assert await mirrored.rows(today.format(view)) == [("5044",)], view
    mirrored.reference = after_reform(
        tmp_path / "reference", "5044", "5001", TODAY + timedelta(days=1)
    )
    with pytest.raises(ConfigurationError, match="reference data"):
        await mirrored.refresh()
    await load_into_database(mirrored.database.settings, mirrored.reference)
    done = await mirrored.refresh()
    assert (done.rebuilt, done.consultations, done.places_moved) == (False, 0, 1)
    for view in views:
        assert await mirrored.rows(today.format(view)) == [("5001",)], view
    was = "SELECT DISTINCT municipality_code FROM analytics.{}"
    for view in ("consultation", "activity", "adherence_known", "breastfeeding", "measuring"):
        assert await mirrored.rows(was.format(view)) == [("5044",)], view


def after_reform(folder: Path, old: str, new: str, day: date) -> Reference:
    """The reference data with a file of changes in which one municipality becomes another."""
    shutil.copytree(shipped_folder(), folder)
    with (folder / "kommune_changes.csv").open("a", encoding="utf-8") as file:
        file.write(f"{old},{new},{day},merge\n")
    places = folder / "kommuner.csv"
    lines = places.read_text("utf-8").splitlines()
    ends = [f"{line}{day}" if line.startswith(f"{old},") else line for line in lines]
    places.write_text("\n".join(ends) + "\n", "utf-8")
    contents = read_contents(folder)
    manifest = Manifest(day, seals(contents, parse_all(folder, contents)))
    (folder / MANIFEST).write_text(manifest.to_json(), "utf-8")
    return read_reference(folder)


async def test_youth_are_never_below_municipality_and_quarter(mirrored: Mirrored) -> None:
    for number, day in enumerate((date(2024, 1, 10), date(2024, 2, 10), date(2024, 4, 1))):
        more: Any = {
            "service": "HFU",
            "date": day,
            "org_nr": YOUTH_UNIT,
            "contact_form": "PERSONLIG",
        }
        await mirrored.visit(number, age=5000, **more)
        now = datetime(2024, 1, 1, tzinfo=UTC)
        row = _ROW | {"org_nr": YOUTH_UNIT, "extracted_at": now, "received_at": now}
        await mirrored.put(
            "content.appointment",
            appointment_key=UUID(int=number),
            person_key=FNR,
            date=day,
            age_days=5000,
            consultation_type="INDIVIDUELL",
            **row,
        )
    await mirrored.refresh()
    assert await mirrored.rows("TABLE analytics.consultation") == []
    assert await mirrored.rows("TABLE analytics.appointment") == []
    columns = "SELECT org_nr, municipality_code, period, period_months"
    first, second = date(2024, 1, 1), date(2024, 4, 1)
    assert sorted(
        await mirrored.rows(f"{columns}, contact_form, contacts, persons FROM analytics.activity")
    ) == [(None, "5001", first, 3, None, 2, 1), (None, "5001", second, 3, None, 1, 1)]
    assert sorted(
        await mirrored.rows(f"{columns}, consultation_type, attended FROM analytics.attendance")
    ) == [(None, "5001", first, 3, None, 2), (None, "5001", second, 3, None, 1)]


async def test_time_is_shared_in_a_group_and_counts_every_role(mirrored: Mirrored) -> None:
    shared: Any = {"group_size": 4, "group_key": UUID(int=5), "duration_minutes": 60}
    roles: Any = {"practitioner_roles": ["HELSESYKEPLEIER", "LEGE"]}
    await mirrored.visit(1, age=120, **shared, **roles)
    await mirrored.visit(2, age=120, duration_minutes=20)
    await mirrored.visit(3, age=120)
    await mirrored.visit(4, age=120, duration_minutes=20, attendance="IKKE_MOTT")
    await mirrored.refresh()
    assert await mirrored.rows(
        "SELECT contacts, minutes, contacts_without_duration FROM analytics.activity"
    ) == [(3, 50.0, 1)]


async def test_an_analyst_reads_nothing_of_a_person_but_the_views(
    mirrored: Mirrored,
) -> None:
    granted = await mirrored.rows(
        "SELECT table_schema, table_name FROM information_schema.role_table_grants "
        "WHERE grantee IN ('analyst', 'PUBLIC') "
        "AND table_schema IN ('analytics', 'content', 'identity', 'registry')",
        "kpr_owner",
    )
    assert {schema for schema, _ in granted} == {"analytics"}
    assert {name for _, name in granted} == {
        *("consultation", "appointment", "activity", "attendance"),
        *("adherence_known", "coverage_population", "breastfeeding", "measuring"),
        *("measuring_year", "last_refresh", "source_position"),
        *("freeze_list", "frozen_consultation", "frozen_appointment"),
        *QUALITY,
    }
    unprotected = await mirrored.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'analytics'::regnamespace "
        "AND relkind = 'v' AND has_table_privilege('analyst', oid, 'SELECT') "
        "AND NOT coalesce(reloptions, '{}') && '{security_barrier,security_barrier=true}'",
        "kpr_owner",
    )
    assert unprotected == []


async def test_every_view_and_column_has_a_comment(mirrored: Mirrored) -> None:
    columns = await mirrored.rows(
        "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) IS NOT NULL "
        "AND obj_description(c.oid, 'pg_class') IS NOT NULL "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
        "WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'v' "
        "AND has_table_privilege('analyst', c.oid, 'SELECT')",
        "kpr_owner",
    )
    assert len({view for view, _, _ in columns}) == 14 + len(QUALITY)
    assert [one for one in columns if not one[2]] == []


async def test_a_refresh_begins_in_every_lane(mirrored: Mirrored) -> None:
    rows = await mirrored.rows("SELECT DISTINCT partition FROM analytics.source_start", "kpr_owner")
    assert sorted(number for (number,) in rows) == [*range(PARTITIONS)]
