"""Every table, view and column has a comment: the doc of its Avro schema."""

from __future__ import annotations

import json

from tests.integration.sinks.conftest import Database
from tools.database_comments import comments


async def test_the_database_says_what_the_schemas_say(database: Database) -> None:
    rows = await database.fetch(
        "kpr_owner",
        "SELECT c.oid::regclass::text AS relation, obj_description(c.oid, 'pg_class') AS text, "
        "(SELECT jsonb_object_agg(attname, col_description(c.oid, attnum)) FROM pg_attribute "
        "WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)::text AS columns "
        "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'v') AND n.nspname IN ('content', 'reporting')",
    )
    found = {r["relation"]: (r["text"], json.loads(r["columns"])) for r in rows}
    assert found == {one.relation: (one.text, dict(one.columns)) for one in comments()}
