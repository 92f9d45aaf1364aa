"""Who may read and write what: every role tries every table and view that there is."""

# ruff: noqa: S608 - names of our own tables

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import pytest

from kpr_stream.database.migrate import ROLES
from kpr_stream.embedded.credentials import READERS, SUPERUSER
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.taking import opened
from tests.integration.sinks.test_delivery_log import store_records
from tests.support.value_records import item, quarantine_state, receipt, unit_state

MIRRORS: Final = (
    *("consultation", "appointment", "consultation_version", "appointment_version"),
    *("delivery", "delivery_finding", "unit", "quarantine_state", "sink_position"),
)
REPORTING: Final = ("delivery", "finding", "unit", "rejected_item", "unit_day")
REFERENCE: Final = (
    *("version", "municipality", "municipality_change", "municipality_current", "district"),
    *("programme_step", "code", "resident"),
)
OF_ANALYSTS: Final = (
    *("consultation", "appointment", "activity", "attendance", "adherence_known"),
    *("coverage_population", "breastfeeding", "measuring", "last_refresh", "source_position"),
    *("freeze_list", "frozen_consultation", "frozen_appointment", "measuring_year"),
)
QUALITY: Final = tuple(
    f"quality_{name}"
    for name in (
        *("outcome", "finding", "completeness", "delay", "delay_days", "coverage"),
        "plausibility",
    )
)
MARK: Final = {"kpr.environment": "r"}
PUBLIC: Final = MARK | {f"reference.{name}": "r" for name in REFERENCE}
REPORTED: Final = {f"reporting.{name}": "r" for name in REPORTING}
EXPECTED: Final[Mapping[str, Mapping[str, str]]] = {
    "content_sink": MARK | {f"content.{name}": "riud" for name in MIRRORS},
    "identity_sink": MARK
    | {f"identity.{name}": "riud" for name in ("identity", "identity_link", "sink_position")}
    | {"identity.person_link": "r", "identity.standing_link": "r", "rights.person": "riud"},
    "analyst": PUBLIC | REPORTED | {f"analytics.{name}": "r" for name in (*OF_ANALYSTS, *QUALITY)},
    "municipality": PUBLIC | REPORTED | {f"analytics.{name}": "r" for name in QUALITY},
    "operator": MARK
    | REPORTED
    | {
        "analytics.disclosure": "r",
        "analytics.freeze_list": "r",
        "content.found_across_units": "r",
        "registry.contact": "riu",
        "registry.contact_history": "r",
        "registry.succession": "rid",
        "registry.succession_history": "ri",
        "registry.not_across": "ri",
        "registry.municipality_login": "rid",
    },
    "privacy": PUBLIC
    | {f"content.{name}_history": "r" for name in ("consultation", "appointment")}
    | {"identity.person_link": "r", "identity.standing_link": "r", "analytics.disclosure": "r"}
    | {"analytics.freeze_list": "r"},
}
"""r read, i insert, u update, d delete. What is not named here nobody but the owner may do.

An operator may also update four columns of registry.succession, not its key."""
FUNCTIONS: Final = {
    "analyst": {
        "registry.municipalities_of",
        *(f"analytics.{name}" for name in ("week_of", "month_of", "quarter_of", "timeliness")),
        *(f"analytics.{name}" for name in ("completed_months", "school_year_begins")),
        *(f"analytics.{name}_disclosure" for name in ("begin", "complete")),
        *(f"analytics.{name}_freeze" for name in ("create", "drop")),
    },
    "municipality": {"registry.municipalities_of"},
    "operator": {"registry.municipalities_of", "registry.remove_contact", "analytics.drop_freeze"},
    "privacy": {
        "registry.municipalities_of",
        "content.consultation_as_of",
        "content.appointment_as_of",
    },
    "identity_sink": {"registry.municipalities_of"},
}
"""Functions of our own that a role may execute."""

_RELATIONS: Final = """
SELECT n.nspname || '.' || c.relname AS name, c.relkind::text AS kind, c.relrowsecurity AS secured,
    c.relforcerowsecurity AS forced, coalesce(c.reloptions, '{}') AS options,
    (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND attidentity = ''
        ORDER BY attnum LIMIT 1) AS first_column
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT LIKE 'pg\\_%'
    AND n.nspname <> 'information_schema'
ORDER BY 1
"""
_REFUSED: Final = (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError)
"""No right; or a view that no statement can change."""
NEVER: Final = "WHERE false"


async def may(connection: asyncpg.Connection, statement: str) -> bool:
    """Return whether a statement is allowed; nothing of it stays."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
    except _REFUSED:
        return False
    finally:
        await transaction.rollback()
    return True


async def rights(connection: asyncpg.Connection, relation: asyncpg.Record) -> str:
    name, column = relation["name"], relation["first_column"]
    tried = {
        "r": f"SELECT * FROM {name} LIMIT 1",
        # One column: a view may have columns that no statement can write.
        "i": f"INSERT INTO {name} ({column}) SELECT (NULL::{name}).{column} {NEVER}",
        "u": f"UPDATE {name} SET {column} = {column} {NEVER}",
        "d": f"DELETE FROM {name} {NEVER}",
    }
    return "".join([letter for letter, sql in tried.items() if await may(connection, sql)])


async def test_every_role_has_the_rights_of_the_table_and_no_others(database: Database) -> None:
    relations = await database.fetch(SUPERUSER, _RELATIONS)
    assert len(relations) > len(MIRRORS) + len(REPORTING)
    assert set(EXPECTED) == set(ROLES)
    for role, expected in EXPECTED.items():
        connection = await database.connect(role)
        try:
            found = {r["name"]: had for r in relations if (had := await rights(connection, r))}
        finally:
            await connection.close()
        assert found == expected, role


async def test_every_role_may_execute_the_functions_of_the_table_and_no_others(
    database: Database,
) -> None:
    found = await database.fetch(
        SUPERUSER,
        "SELECT r.rolname, n.nspname || '.' || p.proname AS name "
        "FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace CROSS JOIN pg_roles r "
        "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') "
        "AND r.rolname <> 'kpr_owner' AND r.rolname !~ '^pg_' AND NOT r.rolsuper "
        "AND has_function_privilege(r.oid, p.oid, 'EXECUTE')",
    )
    by_role: dict[str, set[str]] = {}
    for row in found:
        by_role.setdefault(row["rolname"], set()).add(row["name"])
    assert by_role == FUNCTIONS


async def test_row_security_is_forced_and_views_are_barriers(database: Database) -> None:
    readable = {name for found in EXPECTED.values() for name in found}
    for relation in await database.fetch(SUPERUSER, _RELATIONS):
        place = relation["name"].partition(".")[0]
        if relation["kind"] == "r" and place in {"content", "identity", "registry", "rights"}:
            assert (relation["secured"], relation["forced"]) == (True, True), relation["name"]
        if relation["kind"] == "v" and relation["name"] in readable:
            assert "security_barrier=true" in relation["options"], relation["name"]
            assert not any("invoker" in option for option in relation["options"])


@pytest.mark.parametrize("role", ["analyst", "municipality", "operator", "privacy"])
async def test_no_reader_makes_temporary_tables(database: Database, role: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.fetch(role, "CREATE TEMP TABLE mine (a int)")


@pytest.mark.parametrize("role", READERS)
async def test_a_readers_statement_has_a_limit(database: Database, role: str) -> None:
    (row,) = await database.fetch(role, "SHOW statement_timeout")
    assert row["statement_timeout"] == "2min"


OSLO, BERGEN = "974767880", "974760673"


@asynccontextmanager
async def municipality(
    database: Database, login: str, *codes: str
) -> AsyncIterator[asyncpg.Connection]:
    """A session of a municipality with a login of its own."""
    word = "a-word-of-a-test"
    await database.fetch(
        SUPERUSER, f"CREATE ROLE {login} LOGIN PASSWORD '{word}' IN ROLE municipality"
    )
    for code in codes:
        await database.fetch(
            "operator",
            "INSERT INTO registry.municipality_login (login, municipality_code, changed_by, reason)"
            " VALUES ($1::name, $2, 'a-test', 'a test')",
            login,
            code,
        )
    settings = database.with_login(login, word)
    connection = await asyncpg.connect(settings.postgres_dsn.get_secret_value())  # type: ignore[union-attr]
    try:
        yield connection
    finally:
        await connection.close()
        await database.fetch(SUPERUSER, f"DROP ROLE {login}")


async def seen(connection: asyncpg.Connection) -> dict[str, set[str]]:
    """The units in every view of what was reported."""
    return {
        name: {r["org_nr"] for r in await connection.fetch(f"SELECT org_nr FROM reporting.{name}")}
        for name in REPORTING
    }


def in_every_view(*units: str) -> dict[str, set[str]]:
    return {name: set(units) for name in REPORTING}


async def test_a_municipality_sees_itself_alone(database: Database) -> None:
    finding = [item(0, "rejected", ("START_MISSING", "/start"))]
    async with opened(database) as store:
        await store_records(
            store,
            "unit",
            [unit_state(0, OSLO), unit_state(1, BERGEN, municipality="4601")],
        )
        await store_records(
            store,
            "receipt",
            [
                receipt(0, OSLO, items=finding),
                receipt(1, BERGEN, municipality="4601", items=finding),
            ],
        )
        await store_records(
            store, "quarantine", [quarantine_state(0, 1, OSLO), quarantine_state(1, 2, BERGEN)]
        )
    analyst = await database.connect("analyst")
    try:
        assert await seen(analyst) == in_every_view(OSLO, BERGEN)
    finally:
        await analyst.close()
    async with municipality(database, "kommune_0301", "0301", "0399") as own:
        assert await seen(own) == in_every_view(OSLO)
        # A cheap function of the reader's own would see the rows that a view filters out.
        leaking = "SELECT 1 FROM reporting.unit WHERE 1 / (municipality_code <> '4601')::int = 1"
        assert len(await own.fetch(leaking)) == 1
        await own.execute("SET ROLE municipality")
        assert await seen(own) == in_every_view()
    async with municipality(database, "kommune_ukjent") as nobody:
        assert await seen(nobody) == in_every_view()
