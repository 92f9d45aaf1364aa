"""Read what an export needs from the database, as the role ``analyst``.

All statements of one export run in one read-only transaction with one snapshot, so that all files
are of one state. Memory holds the rows of one month at a time.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg
import polars as pl

from kpr_stream.analytics.export.columns import ExportedColumn, read_month
from kpr_stream.analytics.export.manifest import RefreshState, RelationName, SourcePosition
from kpr_stream.errors import ConfigurationError, UsageError

STATEMENT_S: Final = 600
"""A month of the nation takes seconds. Without a limit a hanging export would keep its snapshot,
and the server could not remove old versions of rows."""


_FINGERPRINT: Final = (
    "SELECT concat_ws('-', count(*), sum(hashtextextended(h.row, 0)::numeric), "
    "sum(hashtextextended(h.row, 1)::numeric)) FROM"
)


@dataclass(frozen=True, slots=True)
class ExportedRelation:
    """A relation that analysts may read, or its rows in a freeze."""

    name: RelationName
    key: str
    freeze: str | None = None

    @property
    def sql(self) -> str:
        """Return the view, with the alias ``r``."""
        return f"analytics.{'frozen_' if self.freeze else ''}{self.name} AS r"

    def where(self, month: date | None) -> tuple[str, tuple[object, ...]]:
        """Return the condition of a month, and its values."""
        parts: list[str] = ["r.month IS NULL"]
        values: list[object] = []
        if month is not None:
            parts, values = ["r.month = $1::date"], [month]
        if self.freeze:
            values.append(self.freeze)
            parts.append(f"r.freeze_name = ${len(values)}::text")
        return " AND ".join(parts), tuple(values)


def sources(freeze: str | None = None) -> tuple[ExportedRelation, ...]:
    """Return the relations of an export."""
    return (
        ExportedRelation("consultation", "consultation_key", freeze),
        ExportedRelation("appointment", "appointment_key", freeze),
    )


@asynccontextmanager
async def one_snapshot(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Run the block in one read-only transaction: every statement sees the same state."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(
            f"SET LOCAL statement_timeout = '{STATEMENT_S}s'; SET LOCAL datestyle = 'ISO'"
        )
        yield


async def require_freeze(connection: asyncpg.Connection, freeze: str | None) -> None:
    """Raise UsageError if there is no freeze of this name."""
    sql = "SELECT EXISTS (SELECT FROM analytics.freeze_list WHERE name = $1)"
    if freeze is not None and not await connection.fetchval(sql, freeze):
        raise UsageError(
            f"There is no freeze {freeze!r}: nobody made it, or it was dropped.",
            what_to_do="See `kpr-stream freeze list`. Delete an export of a dropped freeze.",
        )


async def read_state(connection: asyncpg.Connection) -> RefreshState:
    """Return which refresh the rows are of. ConfigurationError before the first refresh."""
    row = await connection.fetchrow("SELECT * FROM analytics.last_refresh")
    if row is None:
        raise ConfigurationError(
            "The schema analytics has never been refreshed: there is nothing to export.",
            what_to_do="Have the operator run `kpr-stream analytics refresh`.",
        )
    positions = await connection.fetch(
        "SELECT source, partition, source_epoch, source_offset FROM analytics.source_position "
        "ORDER BY source, partition"
    )
    return RefreshState(**row, source_positions=tuple(SourcePosition(**one) for one in positions))


async def read_columns(
    connection: asyncpg.Connection, source: ExportedRelation
) -> tuple[str | None, list[ExportedColumn]]:
    """Return the comment of a relation, and its columns with type and comment."""
    rows = await connection.fetch(
        "SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS pg_type, "
        "col_description(a.attrelid, a.attnum) AS comment FROM pg_attribute AS a "
        "WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped "
        "ORDER BY a.attnum",
        f"analytics.{source.name}",
    )
    comment = await connection.fetchval(
        "SELECT obj_description($1::text::regclass, 'pg_class')", f"analytics.{source.name}"
    )
    return comment, [ExportedColumn(**row) for row in rows]


async def read_months(
    connection: asyncpg.Connection, source: ExportedRelation
) -> list[date | None]:
    """Return the months that have rows, as first days; None if some rows have no date."""
    frozen = " WHERE r.freeze_name = $1" if source.freeze else ""
    rows = await connection.fetch(
        f"SELECT DISTINCT r.month FROM {source.sql}{frozen} ORDER BY 1 NULLS LAST",  # noqa: S608 - our view
        *([source.freeze] if source.freeze else []),
    )
    return [row["month"] for row in rows]


async def read_fingerprint(
    connection: asyncpg.Connection,
    source: ExportedRelation,
    columns: Sequence[ExportedColumn],
    month: date | None,
) -> str:
    """Return the number of rows of a month, and two sums over the 64-bit hashes of their texts.

    The server computes them, so that no unchanged row is sent. Another release of PostgreSQL may
    hash otherwise: then every month is written again.
    """
    where, values = source.where(month)
    names = ", ".join(f"r.{column.name}" for column in columns)
    found: str = await connection.fetchval(
        f"{_FINGERPRINT} (SELECT ROW({names})::text AS row FROM {source.sql} WHERE {where}) AS h",  # noqa: S608 - our view
        *values,
    )
    return found


async def read_rows(
    connection: asyncpg.Connection,
    source: ExportedRelation,
    columns: Sequence[ExportedColumn],
    month: date | None,
) -> pl.DataFrame:
    """Return the rows of a month in the order of their keys."""
    where, values = source.where(month)
    csv = io.BytesIO()
    await connection.copy_from_query(
        f"SELECT {', '.join(column.copied for column in columns)} FROM {source.sql} "  # noqa: S608 - our view
        f"WHERE {where} ORDER BY r.{source.key}",
        *values,
        output=csv,
        format="csv",
        header=True,
    )
    return read_month(csv.getvalue(), columns)
