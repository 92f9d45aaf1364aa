"""An export holds what the analyst's views hold, at first and after each refresh."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import polars as pl
import pytest
from pydantic import SecretStr

from kpr_stream.analytics.export.create import ExportOrder, create_export
from kpr_stream.analytics.export.manifest import MANIFEST, ExportManifest, FileEntry
from kpr_stream.analytics.export.refresh import RefreshedExport, refresh_export
from kpr_stream.analytics.purpose import Purpose
from kpr_stream.embedded.credentials import SUPERUSER
from kpr_stream.errors import DatabaseError, ExpiredError
from tests.integration.analytics.test_refresh import FNR, Mirrored, mirrored
from tests.integration.sinks.conftest import database

__all__ = ["database", "mirrored"]
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
RELATIONS = {"consultation": "consultation_key", "appointment": "appointment_key"}


@dataclass
class Exported:
    """A folder beside a database."""

    mirrored: Mirrored
    folder: Path
    written: list[str] = field(default_factory=list)

    def note(self, file: FileEntry) -> None:
        self.written.append(file.path)

    async def create(self, purpose: str = "A test of exports") -> ExportManifest:
        order = ExportOrder(purpose=Purpose(purpose), folder=self.folder, expires_days=90)
        return await create_export(self.mirrored.database.settings, order, NOW, self.note)

    async def refresh(self, now: datetime = LATER) -> RefreshedExport:
        self.written.clear()
        return await refresh_export(self.mirrored.database.settings, self.folder, now, self.note)

    async def require_equal(self) -> None:
        """The files hold the rows of the views, in the files that the manifest lists."""
        listed = json.loads((self.folder / MANIFEST).read_text())
        names = {file["path"] for file in described(listed)}
        assert {str(p.relative_to(self.folder)) for p in self.folder.glob("*/*")} == names
        for file in described(listed):
            contents = (self.folder / file["path"]).read_bytes()
            assert sha256(contents).hexdigest() == file["sha256"], file["path"]
        for relation, key in RELATIONS.items():
            rows = await self.mirrored.database.fetch("analyst", f"TABLE analytics.{relation}")
            expected = {str(row[key]): plain(dict(row)) for row in rows}
            frames = [pl.read_parquet(path) for path in (self.folder / relation).glob("*")]
            found = {row[key]: row for frame in frames for row in frame.to_dicts()}
            assert sum(frame.height for frame in frames) == len(found)
            assert found == expected, relation


def described(listed: Any) -> list[dict[str, Any]]:
    return [
        {**file, "path": f"{file['relation']}/{(file['month'] or 'undated')[:7]}.parquet"}
        for file in listed["files"]
    ]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


@pytest.fixture
async def exported(mirrored: Mirrored, tmp_path: Path) -> Exported:
    more: Any = {"practitioner_roles": ["LEGE", 'a "b", c'], "weight_g": 4100, "length_mm": 540}
    await mirrored.visit(1, age=42, programme_step_reported="UKE_6", **more)
    await mirrored.visit(2, age=43, practitioner_roles=[], contact_form="")
    await mirrored.visit(3, age=200, municipality_valid=True, duration_minutes=20, group_size=2)
    await mirrored.visit(4, None, age=201)
    now = datetime(2024, 1, 1, tzinfo=UTC)
    await mirrored.put(
        "content.appointment",
        appointment_key=UUID(int=1),
        person_key=FNR,
        date=date(2019, 3, 1),
        age_days=50,
        status="live",
        org_nr="974760673",
        system="visma-hspro",
        sequence=1,
        rule_set_version="1",
        reference_version="1",
        source_epoch=1,
        extracted_at=now,
        received_at=now,
    )
    await mirrored.refresh()
    return Exported(mirrored, tmp_path / "rows")


async def entries(mirrored: Mirrored, role: str = "privacy") -> list[dict[str, Any]]:
    rows = await mirrored.database.fetch(
        role, "SELECT * FROM analytics.disclosure ORDER BY disclosure_id"
    )
    return [dict(row) for row in rows]


async def test_an_export_holds_the_views_and_says_what_they_are(exported: Exported) -> None:
    manifest = await exported.create()
    await exported.require_equal()
    assert exported.written == [
        *("consultation/2019-02.parquet", "consultation/2019-07.parquet"),
        "appointment/2019-03.parquet",
    ]
    assert (manifest.rows, manifest.expires_on) == (5, date(2026, 5, 31))
    columns = {c.name: c for c in manifest.relations[0].columns}
    assert all(c.comment for relation in manifest.relations for c in relation.columns)
    assert (columns["weight_g"].unit, columns["weight_g"].type) == ("g", "Int32")
    assert columns["weight_z"].unit == "standard deviation"
    assert {one.source for one in manifest.state.source_positions} == {*RELATIONS}
    assert manifest.state.reference_version == exported.mirrored.reference.version


async def test_no_type_of_a_column_is_left_to_text(exported: Exported) -> None:
    manifest = await exported.create()
    kinds = {c.pg_type for relation in manifest.relations for c in relation.columns}
    assert kinds == {"uuid", "text", "date", "integer", "double precision", "boolean", "text[]"}


async def test_a_refresh_rewrites_what_changed_and_drops_what_left(exported: Exported) -> None:
    await exported.create()
    mirrored = exported.mirrored
    done = await exported.refresh()
    assert (done.rewritten, done.unchanged, done.removed) == (0, 3, 0)

    # A correction and a reservation: the record comes again, without the weight.
    await mirrored.visit(1, age=42, programme_step_reported="UKE_6", weight_g=None)
    await mirrored.refresh()
    done = await exported.refresh()
    assert exported.written == ["consultation/2019-02.parquet"]
    await exported.require_equal()
    weights = pl.read_parquet(exported.folder / "consultation/2019-02.parquet")["weight_g"]
    assert weights.null_count() == weights.len() == 2

    # Erasures: whole months leave.
    for number in (3, 4):
        key = UUID(int=number)
        await mirrored.execute("DELETE FROM content.consultation WHERE consultation_key = $1", key)
    await mirrored.execute("DELETE FROM content.appointment")
    await mirrored.refresh()
    done = await exported.refresh()
    assert (done.rewritten, done.unchanged, done.removed) == (0, 1, 2)
    assert done.manifest.expires_on == date(2026, 5, 31)
    assert (done.manifest.first_made_at, done.manifest.made_at) == (NOW, LATER)
    await exported.require_equal()


async def test_a_file_that_was_changed_or_lost_is_written_again(exported: Exported) -> None:
    await exported.create()
    (exported.folder / "consultation/2019-02.parquet").write_bytes(b"torn")
    (exported.folder / "consultation/2019-07.parquet").unlink()
    (exported.folder / "appointment/2018-01.parquet").write_bytes(b"another month")
    done = await exported.refresh()
    assert (done.rewritten, done.unchanged, done.removed) == (2, 1, 1)
    await exported.require_equal()


async def test_a_refresh_is_refused_after_the_last_day(exported: Exported) -> None:
    await exported.create()
    await exported.refresh(datetime(2026, 5, 31, 23, tzinfo=UTC))
    with pytest.raises(ExpiredError, match="expired after 2026-05-31"):
        await exported.refresh(datetime(2026, 6, 1, tzinfo=UTC))


async def test_each_export_and_refresh_has_an_entry(exported: Exported) -> None:
    manifest = await exported.create("Årsrapport")
    await exported.refresh()
    first, second = await entries(exported.mirrored)
    assert [one["kind"] for one in (first, second)] == ["export", "export_refresh"]
    assert {one["login"] for one in (first, second)} == {"analyst"}
    assert {one["purpose"] for one in (first, second)} == {"Årsrapport"}
    assert first["what"] == "analytics.consultation, analytics.appointment"
    assert (first["row_count"], first["disclosure_id"]) == (5, manifest.disclosure_id)
    digest = sha256((exported.folder / MANIFEST).read_bytes()).hexdigest()
    assert second["manifest_sha256"] == digest
    assert first["begun_at"] < first["completed_at"] < second["begun_at"]


async def test_the_entry_is_there_before_any_row_and_without_it_nothing_is_written(
    exported: Exported,
) -> None:
    def interrupt(file: FileEntry) -> None:
        raise LookupError(file.path)

    exported.note = interrupt  # type: ignore[method-assign]
    with pytest.raises(LookupError):
        await exported.create()
    assert not exported.folder.exists()
    (entry,) = await entries(exported.mirrored)
    assert (entry["completed_at"], entry["row_count"]) == (None, None)

    mirrored = exported.mirrored
    await mirrored.execute("REVOKE EXECUTE ON FUNCTION analytics.begin_disclosure FROM analyst")
    with pytest.raises(DatabaseError, match="begin_disclosure"):
        await exported.create()
    assert not exported.folder.exists()
    assert len(await entries(mirrored)) == 1


async def test_entries_are_append_only_and_belong_to_their_login(mirrored: Mirrored) -> None:
    begin = "SELECT analytics.begin_disclosure('export', 'A test', 'rows')"
    complete = "SELECT analytics.complete_disclosure(1, 2, NULL) AS done"
    await mirrored.database.fetch("analyst", begin)
    other = mirrored.database.with_login("analyst_2", "a-word-of-a-test")
    await mirrored.database.fetch(
        SUPERUSER, "CREATE ROLE analyst_2 LOGIN PASSWORD 'a-word-of-a-test' IN ROLE analyst"
    )
    try:
        dsn = other.postgres_dsn
        assert isinstance(dsn, SecretStr)
        connection = await asyncpg.connect(dsn.get_secret_value())
        try:
            assert await connection.fetchval(complete) is None
            await connection.execute("SET ROLE analyst")
            await connection.execute(begin)
        finally:
            await connection.close()
    finally:
        await mirrored.database.fetch(SUPERUSER, "DROP ROLE analyst_2")
    ((done,),) = await mirrored.rows(complete)
    assert done is True
    with pytest.raises(asyncpg.UniqueViolationError):
        await mirrored.rows(complete)
    found = [(one["login"], one["row_count"]) for one in await entries(mirrored, "operator")]
    assert found == [("analyst", 2), ("analyst_2", None)]
    for sql in (
        "UPDATE analytics.disclosure_begun SET purpose = 'x'",
        "DELETE FROM analytics.disclosure_completed",
        "TRUNCATE analytics.disclosure_begun, analytics.disclosure_completed",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="never changed"):
            await mirrored.execute(sql)
    for purpose in ("", "   ", "x" * 501):
        with pytest.raises(asyncpg.CheckViolationError):
            await mirrored.database.fetch(
                "analyst", "SELECT analytics.begin_disclosure('export', $1, 'rows')", purpose
            )


async def test_a_month_is_found_by_an_index(mirrored: Mirrored) -> None:
    """The expression of the index is that of the view. A small table would be read whole."""
    connection = await mirrored.database.connect("analyst")
    try:
        await connection.execute("SET enable_seqscan = off")
        for relation in RELATIONS:
            plan = await connection.fetch(
                f"EXPLAIN SELECT * FROM analytics.{relation} WHERE month = '2019-02-01'"  # noqa: S608 - our view
            )
            text = "\n".join(line for (line,) in plan)
            assert f"{relation}_row_shown_month" in text, text
    finally:
        await connection.close()
