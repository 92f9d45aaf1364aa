"""The packaged dictionary is what a migrated database says to an analyst."""

from __future__ import annotations

from tests.integration.sinks.conftest import Database
from tools.analyst_relations import FILE, as_text, relations


async def test_the_dictionary_is_that_of_the_database(database: Database) -> None:
    """If not: `python -m tools.analyst_relations`, then `make pages`."""
    connection = await database.connect("analyst")
    try:
        found = await relations(connection)
    finally:
        await connection.close()
    assert len(found) > 20
    assert as_text(found) == FILE.read_text("utf-8")


async def test_every_table_and_column_of_the_reference_data_has_a_comment(
    database: Database,
) -> None:
    rows = await database.fetch(
        "kpr_owner",
        "SELECT c.oid::regclass::text || '.' || a.attname AS place FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE n.nspname = 'reference' AND c.relkind IN ('r', 'v') AND a.attnum > 0 "
        "AND NOT a.attisdropped AND (col_description(c.oid, a.attnum) IS NULL "
        "OR obj_description(c.oid, 'pg_class') IS NULL)",
    )
    assert [row["place"] for row in rows] == []
