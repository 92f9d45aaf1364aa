"""``kpr-stream export``: the analyst's rows as Parquet files, and the same files later."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpr_stream.cli.command_options import Json
from kpr_stream.cli.default_command import group_with_default

if TYPE_CHECKING:
    from kpr_stream.analytics.export.manifest import ExportManifest, FileEntry


class Format(StrEnum):
    """Formats of an export."""

    PARQUET = "parquet"


def build_export_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(
        cls=group_with_default("create"),
        no_args_is_help=True,
        help="Rows for analysts as Parquet files.\n\n"
        "`kpr-stream export --out DIR …` is short for `kpr-stream export create`.",
    )
    cli.command()(create)
    cli.command()(refresh)
    return cli


def create(
    purpose: Annotated[
        str, typer.Option("--purpose", help="Why, in words. Kept: never a person's id.")
    ],
    out: Annotated[Path, typer.Option("--out", help="A new or empty folder.")],
    file_format: Annotated[Format, typer.Option("--format", help="The only one.")] = Format.PARQUET,
    expires_days: Annotated[
        int | None,
        typer.Option(
            "--expires-days", min=1, max=3650, help="Days of use. Unset: KPR_EXPORT_EXPIRES_DAYS."
        ),
    ] = None,
    freeze: Annotated[
        str | None, typer.Option("--freeze", help="Rows of a freeze, not of the last refresh.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the rows that an analyst may see as Parquet files.

    One file for each relation and month, and manifest.json with digests, columns,
    units, purpose and the last day of use. The register notes who, when and why
    before the first row. Progress is written to standard error.

    Example: kpr-stream export create --purpose "Annual report 2026" --out rows
    """
    import asyncio
    from datetime import UTC, datetime

    from kpr_stream.analytics.export.create import ExportOrder, create_export
    from kpr_stream.analytics.purpose import Purpose
    from kpr_stream.settings import Settings

    del file_format
    settings = Settings()
    order = ExportOrder(
        purpose=Purpose(purpose),
        folder=out,
        expires_days=expires_days or settings.export_expires_days,
        freeze=freeze,
    )
    manifest = asyncio.run(create_export(settings, order, datetime.now(UTC), _progress))
    _report(out, manifest, as_json, {"written": len(manifest.files)})


def refresh(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of an export.")],
    as_json: Json = False,
) -> None:
    """Bring an export up to date: erasures, reservations, corrections.

    Rewrites the files of months whose rows have changed, and removes the files of
    months without rows. Exit code 77 after the last day of use: delete it then.

    Example: kpr-stream export refresh rows
    """
    import asyncio
    from datetime import UTC, datetime

    from kpr_stream.analytics.export.refresh import refresh_export
    from kpr_stream.settings import Settings

    done = asyncio.run(refresh_export(Settings(), folder, datetime.now(UTC), _progress))
    counts = {
        "written": done.rewritten,
        "unchanged": done.unchanged,
        "removed": done.removed,
    }
    _report(folder, done.manifest, as_json, counts)


def _progress(file: FileEntry) -> None:
    from kpr_stream.cli.report import console

    console.print(f"{file.path}: {file.rows} rows, {file.bytes} bytes", highlight=False)


def _report(folder: Path, manifest: ExportManifest, as_json: bool, counts: dict[str, int]) -> None:
    from kpr_stream.cli.report import people, print_json

    if as_json:
        facts = {"folder": str(folder), "rows": manifest.rows, **counts}
        print_json({**facts, "expires_on": manifest.expires_on.isoformat()})
    files = ", ".join(f"{number} {what}" for what, number in counts.items())
    people(as_json).print(
        f"{folder}: {manifest.rows} rows; files: {files}. Last day of use: {manifest.expires_on}.",
        highlight=False,
        markup=False,
    )
