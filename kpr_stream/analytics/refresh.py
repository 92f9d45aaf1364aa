"""Bring the schema ``analytics`` up to date with the mirrored tables, in one transaction.

Cost grows with what changed: rows are found by their position (partition, epoch, offset), persons
by their links, and only their rows and counts are made again. Readers see the old state until the
new one is whole. Everything is made again if the programme or a growth table has changed, or on
request.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Final
from uuid import UUID

import asyncpg

from kpr_stream.analytics.derive import derived_rows, read_rows, rows_digest
from kpr_stream.analytics.groups import KeyFacts, linked_groups
from kpr_stream.database.connect import session
from kpr_stream.database.locks import REFRESH_LOCK
from kpr_stream.database.migrate import OWNER
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.report_deadline import is_working_day
from kpr_stream.reference import Reference
from kpr_stream.rights.kinds import KINDS, OFFICIAL_KINDS, REGISTER_BEGINS
from kpr_stream.settings import Settings

ROWS_AT_ONCE: Final = 200_000
"""Rows derived at a time. All rows of the register at once would not fit into memory."""
FIRST_DAY: Final = REGISTER_BEGINS
"""Nothing is expected of earlier days."""
REPORTED_WITHIN: Final = timedelta(days=8)
"""A day is expected a week after it is over. Days between holidays are reported together, and a
deadline that is still to come is no gap."""
ERASED: Final = "erased"
"""The kind of ``rights.exclusion`` that covers everything about a person."""
_NEXT_ROWS = """
SELECT * FROM analytics.underived_consultation
WHERE ($1::uuid IS NULL OR consultation_key > $1) ORDER BY consultation_key LIMIT $2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh has done."""

    as_of: date
    rebuilt: bool
    """Whether everything was made again."""
    persons: int
    """Person keys whose group was computed."""
    consultations: int
    appointments: int
    """Rows that were made again or removed."""
    places_moved: int
    """Places whose municipality of today, or its name, has changed. New places are among them."""


async def refresh(
    settings: Settings,
    reference: Reference,
    *,
    as_of: date,
    rebuild: bool = False,
) -> Refreshed:
    """Refresh all views. Return what was done.

    ``as_of`` is today: windows that end later are open. Reservations and erasures are those that
    the identity sink has stored. ConfigurationError if the database holds another reference
    version.
    """
    async with session(settings, OWNER) as connection:
        # Two refreshes at the same time would both count what changed.
        # Before the transaction: its snapshot must not be older than the refresh before.
        await connection.execute("SELECT pg_advisory_lock($1)", REFRESH_LOCK)
        async with connection.transaction(isolation="repeatable_read"):
            await _require_version(connection, reference)
            digest = await asyncio.to_thread(rows_digest, reference)
            held = await connection.fetchval("SELECT rows_digest FROM analytics.refresh")
            rebuild = rebuild or held != digest
            await run_step(connection, "0_note_before")
            if rebuild:
                await run_step(connection, "empty")
            await _find_exclusions(connection, settings)
            await run_step(connection, "1_find_changes")
            await _group(connection)
            await run_step(connection, "2_find_groups")
            await _contribute(connection, sign=-1)
            await _store_exclusions(connection)
            await run_step(connection, "3_place_persons")
            await run_step(connection, "touch_unit_months")
            await _derive(connection, reference)
            await run_step(connection, "4_replace_rows")
            await run_step(connection, "withdraw_frozen")
            await run_step(connection, "touch_unit_months")
            await _contribute(connection, sign=1)
            await run_step(connection, "5_count")
            await judge_reports(connection, as_of)
            await note_refresh(connection, as_of, digest, reference.version)
            await run_step(connection, "7_sum_years")
            return await _summary(connection, as_of, rebuilt=rebuild)


async def run_step(connection: asyncpg.Connection, step: str) -> None:
    folder = files("kpr_stream.analytics").joinpath("steps")
    await connection.execute(folder.joinpath(f"{step}.sql").read_text("utf-8"))


async def _require_version(connection: asyncpg.Connection, reference: Reference) -> None:
    held = await connection.fetchval("SELECT version FROM reference.version")
    if held != reference.version:
        raise ConfigurationError(
            f"The database has reference data {held}, this process {reference.version}.",
            what_to_do="Run `kpr-stream reference load` with the same KPR_REFERENCE_DIR, then "
            "refresh again.",
        )


async def _find_exclusions(connection: asyncpg.Connection, settings: Settings) -> None:
    kinds = KINDS if settings.reserve_our_kinds else OFFICIAL_KINDS
    await connection.execute(
        "CREATE TEMP TABLE given_exclusion (LIKE analytics.excluded_person) ON COMMIT DROP; "
        "CREATE TEMP TABLE wanted_exclusion (LIKE analytics.excluded_person) ON COMMIT DROP; "
        "CREATE TEMP TABLE changed_exclusion (person_key uuid PRIMARY KEY) ON COMMIT DROP"
    )
    await connection.execute(
        "INSERT INTO given_exclusion SELECT * FROM rights.exclusion WHERE kind = ANY ($1::text[])",
        [*(kind.name for kind in kinds), ERASED],
    )
    await run_step(connection, "find_exclusions")


async def _store_exclusions(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "DELETE FROM analytics.excluded_person; "
        "INSERT INTO analytics.excluded_person TABLE wanted_exclusion"
    )


async def _group(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch("SELECT * FROM analytics.touched_key_facts")
    links = await connection.fetch(
        "SELECT person_key, other_key FROM analytics.link "
        "JOIN analytics.touched_key USING (person_key)"
    )
    facts = {r["person_key"]: KeyFacts(r["id_kind"], r["birth_week"], r["sex"]) for r in rows}
    group_of = await asyncio.to_thread(linked_groups, facts, [tuple(one) for one in links])
    await connection.copy_records_to_table(
        "touched_person",
        schema_name="analytics",
        columns=("person_key", "group_key", "id_kind", "birth_week", "sex", "seen"),
        records=[
            (key, group_of[key], one.id_kind, one.birth_week, one.sex, seen)
            for (key, one), seen in zip(facts.items(), (r["seen"] for r in rows), strict=True)
        ],
    )


async def _contribute(connection: asyncpg.Connection, *, sign: int) -> None:
    await connection.execute("SELECT set_config('kpr.sign', $1, true)", str(sign))
    await run_step(connection, "contribute")


async def _derive(connection: asyncpg.Connection, reference: Reference) -> None:
    last: UUID | None = None
    while True:
        csv = io.BytesIO()
        await connection.copy_from_query(
            _NEXT_ROWS, last, ROWS_AT_ONCE, output=csv, format="csv", header=True
        )
        rows = read_rows(csv.getvalue())
        if rows.is_empty():
            return
        derived = await asyncio.to_thread(derived_rows, rows, reference)
        await connection.copy_to_table(
            "derived_consultation",
            schema_name="analytics",
            source=io.BytesIO(derived.write_csv(include_header=False).encode()),
            columns=derived.columns,
            format="csv",
        )
        last = UUID(rows.get_column("consultation_key")[-1])


async def judge_reports(connection: asyncpg.Connection, as_of: date) -> None:
    last = await connection.fetchval("SELECT max(day) FROM analytics.working_day")
    await connection.copy_records_to_table(
        "working_day",
        schema_name="analytics",
        records=[
            (day,)
            for number in range((as_of - (last or FIRST_DAY)).days + 1)
            if is_working_day(day := (last or FIRST_DAY) + timedelta(days=number)) and day != last
        ],
    )
    until = str(as_of - REPORTED_WITHIN)
    await connection.execute("SELECT set_config('kpr.expected_until', $1, true)", until)
    await run_step(connection, "6_reporting")
    await run_step(connection, "8_quality")


async def note_refresh(
    connection: asyncpg.Connection, as_of: date, digest: str, reference_version: str
) -> None:
    await connection.execute(
        "INSERT INTO analytics.refresh (as_of, rows_digest, reference_version, expected_until) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (only_row) DO UPDATE SET as_of = excluded.as_of, "
        "rows_digest = excluded.rows_digest, reference_version = excluded.reference_version, "
        "expected_until = excluded.expected_until, refreshed_at = now()",
        as_of,
        digest,
        reference_version,
        as_of - REPORTED_WITHIN,
    )


async def _summary(connection: asyncpg.Connection, as_of: date, *, rebuilt: bool) -> Refreshed:
    counts = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM analytics.touched_key) AS persons, "
        "(SELECT count(*) FROM analytics.touched_consultation) AS consultations, "
        "(SELECT count(*) FROM analytics.touched_appointment) AS appointments, "
        "(SELECT count(*) FROM moved_place) AS places_moved"
    )
    return Refreshed(as_of=as_of, rebuilt=rebuilt, **counts)
