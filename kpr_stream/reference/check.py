"""Check the tables of a reference folder against each other and against its manifest."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from hashlib import sha256

import polars as pl
from polars.exceptions import PolarsError

from kpr_stream.reference import current, growth, programme
from kpr_stream.reference import tables as t
from kpr_stream.reference.breastfeeding import STATUSES
from kpr_stream.reference.manifest import FileSeal, Manifest
from kpr_stream.reference.tables import TABLES, ReferenceTable
from kpr_stream.reference.validity import with_days

Frames = Mapping[str, pl.DataFrame]
"""The tables by file name. Columns are text, except those that the table declares as numbers."""

_BY_DAY = (t.WEIGHT, t.LENGTH, t.BMI, t.HEAD_CIRCUMFERENCE)
_BY_MONTH = ((t.WEIGHT_2007, 121), (t.LENGTH_2007, 229), (t.BMI_2007, 229))


def checksum_problems(contents: Mapping[str, bytes], manifest: Manifest) -> list[str]:
    """Report the files whose bytes differ from the manifest."""
    found = []
    for table in TABLES:
        seal = manifest.files.get(table.file)
        if seal is None:
            found.append(f"{table.file}: the manifest does not name it")
        elif sha256(contents[table.file]).hexdigest() != seal.sha256:
            found.append(f"{table.file}: its checksum differs from the manifest")
    return found


def parse(table: ReferenceTable, data: bytes) -> pl.DataFrame:
    """Read the rows of a file. Numbers become Int64 or Float64; ValueError says what is wrong."""
    try:
        rows = pl.read_csv(io.BytesIO(data), infer_schema=False)
    except PolarsError as cause:
        raise ValueError(f"{table.file}: it is not a CSV file ({type(cause).__name__})") from None
    missing = [name for name in table.columns if name not in rows.columns]
    if missing:
        raise ValueError(f"{table.file}: it lacks the columns {', '.join(missing)}")
    try:
        rows = rows.with_columns(
            pl.col(table.whole).cast(pl.Int64), pl.col(table.decimal).cast(pl.Float64)
        )
    except PolarsError:
        raise ValueError(f"{table.file}: a number in it is not valid") from None
    if {"valid_from", "valid_to"} <= set(rows.columns):
        try:
            rows = with_days(rows)
        except PolarsError:
            raise ValueError(f"{table.file}: a date in it is not valid") from None
    return rows


def problems(frames: Frames, manifest: Manifest | None = None) -> list[str]:
    """Describe what is wrong with parsed tables; empty if they may be used."""
    found = [problem for table in TABLES for problem in _of_one(table, frames)]
    if manifest is not None:
        found += [
            f"{name}: {frames[name].height} rows, the manifest says {seal.rows}"
            for name, seal in manifest.files.items()
            if name in frames and frames[name].height != seal.rows
        ]
    if found:
        return found
    return [*_of_growth(frames), *_of_meaning(frames)]


def seals(contents: Mapping[str, bytes], frames: Frames) -> dict[str, FileSeal]:
    """Return the files' entries in the manifest."""
    return {
        table.file: FileSeal(sha256(contents[table.file]).hexdigest(), frames[table.file].height)
        for table in TABLES
    }


def _of_one(table: ReferenceTable, frames: Frames) -> Iterator[str]:
    rows = frames[table.file]
    if rows.is_empty():
        yield f"{table.file}: it has no rows"
    if (
        rows.select(table.key).is_duplicated().any()
        or rows.select(pl.any_horizontal(pl.col(table.key).is_null().any())).item()
    ):
        yield f"{table.file}: {', '.join(table.key)} is empty or not unique"
    for column, file, there in table.refers:
        strange = (
            rows.get_column(column).drop_nulls().is_in(frames[file].get_column(there).implode())
        )
        if not strange.all():
            yield f"{table.file}: a value of {column} is not in {file}, {there}"


def _of_growth(frames: Frames) -> Iterator[str]:
    for table in _BY_DAY:
        days = range(growth.LAST_DAY_OF_STANDARDS + 1)
        rows = frames[table.file].filter(pl.col("age_days") <= growth.LAST_DAY_OF_STANDARDS)
        yield from growth.problems(table.file, rows, key="age_days", expected=days)
    for table, last in _BY_MONTH:
        months = range(growth.FIRST_MONTH, last + 1)
        yield from growth.problems(
            table.file, frames[table.file], key="age_months", expected=months
        )


def _of_meaning(frames: Frames) -> Iterator[str]:
    for table, digits in ((t.MUNICIPALITIES, 4), (t.DISTRICTS, 6), (t.OTHER_AREAS, 4)):
        if not frames[table.file].get_column("code").str.contains(f"^[0-9]{{{digits}}}$").all():
            yield f"{table.file}: every code has {digits} digits; was a leading zero lost?"
    for table in (t.MUNICIPALITIES, t.DISTRICTS, t.PROGRAMME):
        if not frames[table.file].select((pl.col("valid_from") < pl.col("valid_to")).all()).item():
            yield f"{table.file}: a row ends before it begins"
    yield from current.problems(frames[t.MUNICIPALITIES.file], frames[t.CHANGES.file])
    yield from programme.problems(frames[t.PROGRAMME.file])
    statuses = set(frames[t.BREASTFEEDING.file].get_column("status").to_list())
    if not statuses <= set(STATUSES):
        yield f"{t.BREASTFEEDING.file}: a status is not one of {', '.join(STATUSES)}"
    known = frames[t.CODE_LISTS.file].filter(pl.col("list") == "ammestatus").get_column("code")
    if not known.is_in(frames[t.BREASTFEEDING.file].get_column("code").implode()).all():
        yield f"{t.BREASTFEEDING.file}: a code of the list ammestatus has no status"
