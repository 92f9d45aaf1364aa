"""The folder of an export: private, locked by one process, each file replaced by one rename."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import file_digest
from pathlib import Path
from shutil import rmtree
from typing import Final

import polars as pl

from kpr_stream.analytics.export.manifest import (
    MANIFEST,
    MAX_BYTES,
    UNDATED,
    ExportManifest,
    FileEntry,
    RelationName,
    digest_of,
    file_path,
    read_manifest,
)
from kpr_stream.analytics.export.plan import Part
from kpr_stream.analytics.export.read import ExportedRelation
from kpr_stream.errors import DiskError, UsageError
from kpr_stream.process.folders import make_folder
from kpr_stream.process.lock import take_lock
from kpr_stream.process.replace_file import replaced

LOCK: Final = ".lock"
FILE_NAME: Final = re.compile(rf"((?!0000)[0-9]{{4}}-(0[1-9]|1[0-2])|{UNDATED})\.parquet")
PRIVATE: Final = 0o700
"""Only the account of the analyst enters a folder of rows."""
ROWS_IN_GROUP: Final = 100_000
"""Rows of a Parquet row group: a reader of some columns needs memory for one group."""


def require_empty(folder: Path) -> None:
    """Raise UsageError unless a folder is empty or does not exist."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} is not an empty folder.",
            what_to_do="Name a new folder with --out. To bring an export up to date: "
            f"kpr-stream export refresh {folder}",
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder alone. UsageError if another process writes there."""
    with _writes(folder):
        descriptor = take_lock(folder / LOCK)
    if descriptor is None:
        raise UsageError(
            f"Another process is writing the export in {folder}.",
            what_to_do="Wait until it has ended.",
        )
    try:
        yield
    finally:
        os.close(descriptor)


def make_private(folder: Path) -> None:
    """Make the folder of an export. DiskError names it."""
    make_folder(folder)
    with _writes(folder):
        folder.chmod(PRIVATE)


def load_manifest(folder: Path) -> ExportManifest:
    """Read the manifest of a folder. UsageError if there is none, or it is not one of ours."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            contents = file.read(MAX_BYTES + 1)
    except OSError as cause:
        raise UsageError(
            f"{path} cannot be read: {cause.strerror or type(cause).__name__}.",
            what_to_do="Name the folder of an export. A folder of an interrupted `kpr-stream "
            "export` has no manifest: delete it.",
        ) from None
    if len(contents) > MAX_BYTES:
        raise UsageError(
            f"{path} has more than {MAX_BYTES} bytes: it is not the manifest of an export.",
            what_to_do="Name the folder of an export.",
        )
    return read_manifest(contents, str(path))


def write_rows(
    folder: Path, source: ExportedRelation, month: date | None, rows: pl.DataFrame, fingerprint: str
) -> FileEntry:
    """Write the file of a month and return its entry. DiskError names the file."""
    path = folder / file_path(source.name, month)
    with _writes(path):
        path.parent.mkdir(mode=PRIVATE, exist_ok=True)
        with replaced(path) as file:
            rows.write_parquet(file, compression="zstd", row_group_size=ROWS_IN_GROUP)
            file.flush()
            file.seek(0)
            digest = file_digest(file, "sha256").hexdigest()
            size = file.seek(0, os.SEEK_END)
    return FileEntry(
        relation=source.name,
        month=month,
        rows=rows.height,
        bytes=size,
        sha256=digest,
        fingerprint=fingerprint,
    )


def write_manifest(folder: Path, manifest: ExportManifest) -> str:
    """Write the manifest and return its SHA-256."""
    path, contents = folder / MANIFEST, manifest.to_bytes()
    with _writes(path), replaced(path) as file:
        file.write(contents)
    return digest_of(contents)


def digests_on_disk(folder: Path, relations: tuple[ExportedRelation, ...]) -> dict[Part, str]:
    """Return the SHA-256 of each file of an export, and remove what an interruption left."""
    found: dict[Part, str] = {}
    for source in relations:
        for path in sorted((folder / source.name).glob("*")):
            if not FILE_NAME.fullmatch(path.name):
                with _writes(path):
                    path.unlink()
                continue
            month = None if path.stem == UNDATED else date.fromisoformat(f"{path.stem}-01")
            with _writes(path), path.open("rb") as file:
                found[source.name, month] = file_digest(file, "sha256").hexdigest()
    return found


def remove_file(folder: Path, relation: RelationName, month: date | None) -> None:
    """Remove the file of a month; nothing happens if there is none."""
    path = folder / file_path(relation, month)
    with _writes(path):
        path.unlink(missing_ok=True)


def remove_contents(folder: Path, relations: tuple[ExportedRelation, ...]) -> None:
    """Remove all that an export has written, as far as the operating system allows."""
    for source in relations:
        rmtree(folder / source.name, ignore_errors=True)
    for name in (MANIFEST, LOCK):
        (folder / name).unlink(missing_ok=True)


@contextmanager
def _writes(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise DiskError(
            f"{path} cannot be written: {cause.strerror or type(cause).__name__}.",
            what_to_do="Free space, allow this user to write there, or name another folder.",
        ) from None
