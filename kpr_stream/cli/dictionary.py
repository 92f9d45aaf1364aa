"""``kpr-stream dictionary``: everything that an analyst may read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kpr_stream.cli.command_options import Json


class DictionaryFormat(StrEnum):
    """How the dictionary is written."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"


def dictionary(
    form: Annotated[
        DictionaryFormat, typer.Option("--format", help="html, csv or json.")
    ] = DictionaryFormat.HTML,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; unset: standard output.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Describe every relation and field that analysts may read.

    Type, unit, code list with meanings, and the questions that it serves. Made of
    this release: no database and no login is needed.

    Example: kpr-stream dictionary --format html --out dictionary.html
    """
    from kpr_stream import __version__
    from kpr_stream.dictionary.model import dictionary as describe
    from kpr_stream.dictionary.page import as_html
    from kpr_stream.dictionary.rows import as_csv
    from kpr_stream.dictionary.rows import as_json as as_json_text
    from kpr_stream.errors import DiskError
    from kpr_stream.reference import load_reference
    from kpr_stream.settings import Settings

    whole = describe(__version__, load_reference(Settings().reference_dir))
    writers = {
        DictionaryFormat.HTML: as_html,
        DictionaryFormat.CSV: as_csv,
        DictionaryFormat.JSON: as_json_text,
    }
    text = writers[DictionaryFormat.JSON if as_json else form](whole)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as cause:
        raise DiskError(
            f"The dictionary cannot be written to {out} ({cause.strerror}).",
            what_to_do="Name a file in a folder that exists and may be written.",
        ) from cause
