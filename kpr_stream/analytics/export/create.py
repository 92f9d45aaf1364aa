"""Make an export: the entry of the disclosure, one file for each month, then the manifest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg

from kpr_stream import __version__
from kpr_stream.analytics.disclosed import DisclosureKind, begin_disclosure, complete_disclosure
from kpr_stream.analytics.export.columns import ExportedColumn
from kpr_stream.analytics.export.folder import (
    locked,
    make_private,
    remove_contents,
    require_empty,
    write_manifest,
    write_rows,
)
from kpr_stream.analytics.export.manifest import (
    ColumnEntry,
    ExportManifest,
    FileEntry,
    RelationEntry,
)
from kpr_stream.analytics.export.read import (
    ExportedRelation,
    one_snapshot,
    read_columns,
    read_fingerprint,
    read_months,
    read_rows,
    read_state,
    require_freeze,
    sources,
)
from kpr_stream.analytics.purpose import Purpose
from kpr_stream.database.connect import session
from kpr_stream.settings import Settings

ROLE: Final = "analyst"

Progress = Callable[[FileEntry], None]
"""Is called after each file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What an analyst asks for."""

    purpose: Purpose
    folder: Path
    expires_days: int
    freeze: str | None = None


async def create_export(
    settings: Settings, order: ExportOrder, now: datetime, progress: Progress
) -> ExportManifest:
    """Write an export into an empty folder and return its manifest.

    UsageError if the folder is not empty. After any error what was written is removed; the entry
    of the disclosure stays, without a completion.
    """
    require_empty(order.folder)
    existed = order.folder.exists()
    make_private(order.folder)
    with locked(order.folder):
        try:
            return await _write_all(settings, order, now, progress)
        except BaseException:
            remove_contents(order.folder, sources())
            if not existed:
                order.folder.rmdir()
            raise


async def _write_all(
    settings: Settings, order: ExportOrder, now: datetime, progress: Progress
) -> ExportManifest:
    relations, files = [], []
    asked = sources(order.freeze)
    async with session(settings, ROLE) as connection:
        entry = await begin_disclosure(
            connection, DisclosureKind.EXPORT, order.purpose, describe(asked)
        )
        async with one_snapshot(connection):
            await require_freeze(connection, order.freeze)
            state = await read_state(connection)
            for source in asked:
                comment, columns = await read_columns(connection, source)
                written = []
                for month in await read_months(connection, source):
                    fingerprint = await read_fingerprint(connection, source, columns, month)
                    rows = await read_rows(connection, source, columns, month)
                    written.append(write_rows(order.folder, source, month, rows, fingerprint))
                    progress(written[-1])
                files += written
                relations.append(relation_entry(source, comment, columns, written))
        manifest = ExportManifest(
            product=f"kpr-stream {__version__}",
            environment=settings.environment.value,
            purpose=order.purpose.text,
            freeze=order.freeze,
            first_made_at=now,
            made_at=now,
            expires_on=now.astimezone(UTC).date() + timedelta(days=order.expires_days),
            disclosure_id=entry,
            state=state,
            relations=tuple(relations),
            files=tuple(files),
        )
        await complete(connection, entry, manifest, order.folder)
    return manifest


async def complete(
    connection: asyncpg.Connection, entry: int, manifest: ExportManifest, folder: Path
) -> None:
    """Write the manifest, and complete the entry of the disclosure with its digest."""
    digest = write_manifest(folder, manifest)
    await complete_disclosure(connection, entry, manifest.rows, digest)


def describe(asked: tuple[ExportedRelation, ...]) -> str:
    """Return what an entry of the disclosure says about the relations."""
    names = ", ".join(f"analytics.{source.name}" for source in asked)
    return f"{names}; freeze {asked[0].freeze}" if asked[0].freeze else names


def relation_entry(
    source: ExportedRelation,
    comment: str | None,
    columns: list[ExportedColumn],
    written: list[FileEntry],
) -> RelationEntry:
    """Return what the manifest says about a relation."""
    return RelationEntry(
        name=source.name,
        comment=comment,
        key=source.key,
        rows=sum(file.rows for file in written),
        columns=tuple(
            ColumnEntry(
                name=column.name,
                type=str(column.parquet_type),
                pg_type=column.pg_type,
                unit=column.unit,
                comment=column.comment,
            )
            for column in columns
        ),
    )
