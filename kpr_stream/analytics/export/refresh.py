"""Bring an export up to date: erasures, reservations and corrections reach its files too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from kpr_stream import __version__
from kpr_stream.analytics.disclosed import DisclosureKind, begin_disclosure
from kpr_stream.analytics.export.columns import ExportedColumn
from kpr_stream.analytics.export.create import (
    ROLE,
    Progress,
    complete,
    describe,
    relation_entry,
)
from kpr_stream.analytics.export.folder import (
    digests_on_disk,
    load_manifest,
    locked,
    remove_file,
    write_rows,
)
from kpr_stream.analytics.export.manifest import ExportManifest, FileEntry, require_unexpired
from kpr_stream.analytics.export.plan import ExportPlan, Part, plan_refresh
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
from kpr_stream.errors import EnvironmentMismatchError
from kpr_stream.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshedExport:
    """What a refresh of an export has done."""

    manifest: ExportManifest
    rewritten: int
    """Files that were written."""
    unchanged: int
    removed: int
    """Files of months without rows."""


async def refresh_export(
    settings: Settings, folder: Path, now: datetime, progress: Progress
) -> RefreshedExport:
    """Rewrite the months whose rows differ from the folder, and remove months without rows.

    The last day of use stays as it is. ExpiredError after it; UsageError if the folder holds no
    export; EnvironmentMismatchError if the export is of another environment.
    """
    held = load_manifest(folder)
    require_unexpired(held, now.astimezone(UTC).date(), str(folder))
    if held.environment != settings.environment.value:
        raise EnvironmentMismatchError(
            f"The export in {folder} is of environment {held.environment}, "
            f"this process of {settings.environment.value}.",
            what_to_do="Set KPR_ENVIRONMENT and KPR_POSTGRES_DSN to those of the export.",
        )
    with locked(folder):
        return await _refresh(settings, folder, held, now, progress)


async def _refresh(
    settings: Settings, folder: Path, held: ExportManifest, now: datetime, progress: Progress
) -> RefreshedExport:
    asked = sources(held.freeze)
    async with session(settings, ROLE) as connection:
        purpose = Purpose(held.purpose)
        entry = await begin_disclosure(
            connection, DisclosureKind.EXPORT_REFRESH, purpose, describe(asked)
        )
        async with one_snapshot(connection):
            await require_freeze(connection, held.freeze)
            state = await read_state(connection)
            described = {one: await read_columns(connection, one) for one in asked}
            fingerprints = await _fingerprints(connection, described)
            plan = plan_refresh(held.files, digests_on_disk(folder, asked), fingerprints)
            # What left comes first: an interrupted refresh has removed it.
            for part in plan.drop:
                remove_file(folder, *part)
            files = list(plan.keep)
            for source, (_, columns) in described.items():
                for month in _months_to_write(plan, source):
                    rows = await read_rows(connection, source, columns, month)
                    fingerprint = fingerprints[source.name, month]
                    files.append(write_rows(folder, source, month, rows, fingerprint))
                    progress(files[-1])
        files.sort(key=lambda file: file.path)
        manifest = held.model_copy(
            update={
                "product": f"kpr-stream {__version__}",
                "made_at": now,
                "disclosure_id": entry,
                "state": state,
                "relations": tuple(
                    relation_entry(source, comment, columns, _of(source, files))
                    for source, (comment, columns) in described.items()
                ),
                "files": tuple(files),
            }
        )
        await complete(connection, entry, manifest, folder)
    return RefreshedExport(
        manifest=manifest,
        rewritten=len(plan.write),
        unchanged=len(plan.keep),
        removed=len(plan.drop),
    )


async def _fingerprints(
    connection: asyncpg.Connection,
    described: dict[ExportedRelation, tuple[str | None, list[ExportedColumn]]],
) -> dict[Part, str]:
    return {
        (source.name, month): await read_fingerprint(connection, source, columns, month)
        for source, (_, columns) in described.items()
        for month in await read_months(connection, source)
    }


def _months_to_write(plan: ExportPlan, source: ExportedRelation) -> list[date | None]:
    return [month for relation, month in plan.write if relation == source.name]


def _of(source: ExportedRelation, files: list[FileEntry]) -> list[FileEntry]:
    return [file for file in files if file.relation == source.name]
