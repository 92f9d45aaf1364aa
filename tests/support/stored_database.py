"""Dump, restore, continue and compare the stored database."""

from __future__ import annotations

import gzip
import os
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.connect import connect
from kpr_stream.database.migrate import OWNER, SCHEMAS
from kpr_stream.embedded.postgres.database import program_folder
from kpr_stream.settings import Settings
from kpr_stream.sinks.batch import write_of
from kpr_stream.sinks.persist import persist
from kpr_stream.sinks.position import Position, step
from kpr_stream.sinks.store import SinkStore
from kpr_stream.sinks.tables import SinkKind, sink
from tests.support.sink_records import Incoming

_TABLES: Final = """
SELECT table_schema || '.' || table_name AS name, array_agg(column_name::text ORDER BY column_name)
    AS columns
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = ANY($1::text[]) AND table_type = 'BASE TABLE'
GROUP BY 1 ORDER BY 1
"""
_DIGEST: Final = "SELECT count(*), md5(string_agg(r::text, E'\\n' ORDER BY r::text)) AS digest"


def dump_command(settings: Settings, role: str) -> tuple[list[str], dict[str, str]]:
    """The command that dumps the database, and the environment it needs."""
    address, environment = _login(settings, role)
    schemas = [f"--schema={name}" for name in SCHEMAS]
    return [str(program_folder() / "pg_dump"), *address, *schemas], environment


def restore(settings: Settings, dump: Path) -> None:
    """Run a dump as the owner, in one transaction; an error of it ends the test."""
    address, environment = _login(settings, OWNER)
    command = [str(program_folder() / "psql"), *address, "--quiet", "--no-psqlrc", "-1"]
    done = subprocess.run(
        [*command, "--set=ON_ERROR_STOP=1"],
        env=os.environ | environment,
        input=gzip.decompress(dump.read_bytes()),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def _login(settings: Settings, role: str) -> tuple[list[str], dict[str, str]]:
    dsn = urlsplit(postgres_dsn(settings, role).get_secret_value())
    address = [f"--host={dsn.hostname}", f"--port={dsn.port}", f"--username={dsn.username}"]
    return [*address, f"--dbname={dsn.path[1:]}"], {"PGPASSWORD": dsn.password or ""}


async def rows_of_every_table(
    settings: Settings, columns_of: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return columns, row count and a digest of the rows of each table, by table.

    ``columns_of`` (an earlier answer) names the tables and columns; a later migration may have
    added others.
    """
    connection = await connect(settings, OWNER)
    try:
        await connection.execute("SET TimeZone = 'UTC'")
        named = {name: found["columns"] for name, found in (columns_of or {}).items()} or {
            row["name"]: row["columns"] for row in await connection.fetch(_TABLES, list(SCHEMAS))
        }
        found = {}
        for name, columns in named.items():
            part = f"(SELECT {', '.join(columns)} FROM {name}) AS r"  # noqa: S608 - our names
            row = await connection.fetchrow(f"{_DIGEST} FROM {part}")
            found[name] = {"columns": columns, "rows": row["count"], "digest": row["digest"]}
        return found
    finally:
        await connection.close()


@asynccontextmanager
async def sink_store(settings: Settings, kind: SinkKind) -> AsyncIterator[SinkStore]:
    """Open a sink's store for the length of the block."""
    store = SinkStore(settings, sink(kind))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def mirror(
    store: SinkStore,
    kind: SinkKind,
    topic: str,
    records: Sequence[Incoming],
    before: Position,
) -> None:
    """Write the records of one partition of a topic, as the sink does, and advance its position."""
    table = next(t for t in sink(kind).tables if t.topic == topic)
    lane = records[0].partition
    move = step(topic, lane, before, records[-1].offset + 1)
    await persist(store, [write_of(table, records, {lane: before.epoch})], [move])
