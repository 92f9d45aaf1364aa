"""Writes the relations that an analyst may read: ``python -m tools.analyst_relations``.

A database of its own is started, migrated and asked as the role analyst. So every new view is in
the dictionary and the contracts, with the comments that its migration has given it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.migrate import migrate
from tests.support.repository import ROOT
from tests.support.stack import one_stack
from tools.generated import write

FILE: Final = ROOT / "kpr_stream" / "dictionary" / "relations.json"
READABLE: Final = """
SELECT n.nspname || '.' || c.relname AS name,
    CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS kind,
    coalesce(obj_description(c.oid, 'pg_class'), '') AS text,
    (SELECT json_agg(json_build_object(
        'name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod),
        'nullable', NOT a.attnotnull,
        'text', coalesce(col_description(c.oid, a.attnum), '')
    ) ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    )::text AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname, c.relname
"""


async def relations(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    """Return every relation that the role of this connection may read, by schema and name."""
    return [
        {**row, "columns": json.loads(row["columns"])} for row in await connection.fetch(READABLE)
    ]


def as_text(found: Sequence[dict[str, Any]]) -> str:
    """Return the file's text."""
    return json.dumps([dict(one) for one in found], indent=1, ensure_ascii=False) + "\n"


async def _of_a_new_database(home: Path) -> str:
    with one_stack(home) as settings:
        await migrate(settings)
        connection = await asyncpg.connect(postgres_dsn(settings, "analyst").get_secret_value())
        try:
            return as_text(await relations(connection))
        finally:
            await connection.close()


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        write({FILE: asyncio.run(_of_a_new_database(Path(folder) / "home"))})
