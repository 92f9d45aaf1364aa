"""``kpr-stream reference``: show, verify, seal and load reference data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from kpr_stream.cli.command_options import Json

_FOLDER = typer.Argument(help="A folder; unset: KPR_REFERENCE_DIR, else the data of this release.")


def build_reference_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Reference data: geography, growth, code lists.")
    cli.command()(show)
    cli.command()(verify)
    cli.command()(seal)
    cli.command()(load)
    return cli


def show(
    folder: Annotated[Path | None, _FOLDER] = None,
    as_json: Json = False,
) -> None:
    """Show version, first day and tables of the reference data.

    These are the data that a worker would start with.

    Example: kpr-stream reference show --json
    """
    from kpr_stream.cli.report import answers, print_json

    about = _describe(folder)
    if as_json:
        print_json(about)
        return
    answers.print(f"Reference data {about['version']}, from {about['valid_from']}", highlight=False)
    answers.print(f"  in {about['folder']}", highlight=False)
    for name, rows in about["files"].items():
        answers.print(f"  {name:34} {rows:>7} rows", highlight=False)


def verify(
    folder: Annotated[Path | None, _FOLDER] = None,
    as_json: Json = False,
) -> None:
    """Check a folder as a worker does when it starts.

    Checks checksums, row counts, columns, references between tables, that every
    code has a successor or is in force, that every age has one step, and that no
    growth table misses a day. Exit code 78: the folder is not valid; all errors
    are listed.

    Example: kpr-stream reference verify ./reference-2027
    """
    from kpr_stream.cli.report import people, print_json

    about = _describe(folder)
    if as_json:
        print_json({"valid": True, **about})
    people(as_json).print(f"{about['folder']} is valid: {about['version']}.", highlight=False)


def seal(
    folder: Annotated[Path, typer.Argument(help="The folder with the changed files.")],
    valid_from: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="First day on which the data are used."),
    ],
    as_json: Json = False,
) -> None:
    """Check the tables of a folder and write its manifest.

    The version is computed from the files.

    Example: kpr-stream reference seal ./reference-2027 --valid-from 2027-01-01
    """
    from kpr_stream.cli.report import people, print_json
    from kpr_stream.embedded.files import READABLE, write_text
    from kpr_stream.reference import check
    from kpr_stream.reference.load import parse_all, read_contents
    from kpr_stream.reference.manifest import MANIFEST, Manifest

    contents = read_contents(folder)
    frames = parse_all(folder, contents)
    manifest = Manifest(valid_from.date(), check.seals(contents, frames))
    write_text(folder / MANIFEST, manifest.to_json(), READABLE)
    if as_json:
        print_json({"version": manifest.version, "folder": str(folder)})
    people(as_json).print(f"Sealed {folder} as {manifest.version}.", highlight=False)


def load(as_json: Json = False) -> None:
    """Load the tables into PostgreSQL, schema reference.

    Works as role kpr_owner, in one transaction. Does nothing if the database
    already has this version. `kpr-stream migrate` loads them too.

    Example: kpr-stream reference load
    """
    import asyncio
    from dataclasses import asdict

    from kpr_stream.cli.report import people, print_json
    from kpr_stream.database.load_reference import load_into_database
    from kpr_stream.reference import load_reference
    from kpr_stream.settings import Settings

    settings = Settings()
    reference = load_reference(settings.reference_dir)
    loaded = asyncio.run(load_into_database(settings, reference))
    if as_json:
        print_json(asdict(loaded))
    what = "Loaded" if loaded.changed else "The database already has"
    people(as_json).print(f"{what} reference data {loaded.version}.", highlight=False)


def _describe(folder: Path | None) -> dict[str, Any]:
    from kpr_stream.reference.load import load_reference, shipped_folder
    from kpr_stream.settings import Settings

    where = folder or Settings().reference_dir
    reference = load_reference(where)
    return {
        "version": reference.version,
        "valid_from": reference.valid_from.isoformat(),
        "folder": str(where or shipped_folder()),
        "files": {name: rows.height for name, rows in reference.frames.items()},
    }
