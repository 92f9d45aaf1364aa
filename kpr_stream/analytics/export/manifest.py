"""The manifest of an export: what its files hold, of which state of the register. Pure."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from kpr_stream.errors import ExpiredError, UsageError

MANIFEST: Final = "manifest.json"
MAX_BYTES: Final = 20_000_000
"""A larger file is not one of ours: 300 bytes a file, and two relations of 400 months."""
MAX_FILES: Final = 10_000
UNDATED: Final = "undated"
"""In place of a month in the name of a file: rows without a date."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
RelationName = Literal["consultation", "appointment"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnEntry(_Part):
    """A column of a file."""

    name: str
    type: str
    """As Polars writes it, for example ``Int32`` or ``List(String)``."""
    pg_type: str
    unit: str | None
    comment: str | None


class RelationEntry(_Part):
    """A relation and the columns of each of its files."""

    name: RelationName
    comment: str | None
    key: str
    """The column that is different in every row."""
    rows: int
    columns: tuple[ColumnEntry, ...]


class FileEntry(_Part):
    """A file: the rows of one relation and one month."""

    relation: RelationName
    month: date | None
    """The first day of the month; null for rows without a date."""
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)
    sha256: Digest
    fingerprint: str
    """Of the rows in the database: a refresh compares it and reads only months that differ."""

    @property
    def path(self) -> str:
        """Return the path in the folder, for example ``consultation/2026-03.parquet``."""
        return file_path(self.relation, self.month)


class SourcePosition(_Part):
    """The last record of a partition that the rows are made from."""

    source: str
    partition: int
    source_epoch: int
    source_offset: int


class RefreshState(_Part):
    """Which refresh of the schema ``analytics`` the rows are of."""

    as_of: date
    refreshed_at: datetime
    reference_version: str
    source_positions: tuple[SourcePosition, ...]


class ExportManifest(_Part):
    """A whole export."""

    manifest_version: Literal[1] = 1
    product: str
    environment: Literal["test", "production"]
    format: Literal["parquet"] = "parquet"
    purpose: str
    freeze: str | None
    """The name of the freeze that the rows are of; null for the rows of the last refresh."""
    first_made_at: datetime
    made_at: datetime
    """When the files became as they are: at the creation or at the last refresh."""
    expires_on: date
    """The last day of use."""
    disclosure_id: int
    """Number of the entry in ``analytics.disclosure``."""
    state: RefreshState
    relations: tuple[RelationEntry, ...] = Field(max_length=2)
    files: tuple[FileEntry, ...] = Field(max_length=MAX_FILES)

    def to_bytes(self) -> bytes:
        """Return the text of the file."""
        return (self.model_dump_json(indent=2) + "\n").encode()

    @property
    def rows(self) -> int:
        """Return the number of rows of all files."""
        return sum(file.rows for file in self.files)


def file_path(relation: str, month: date | None) -> str:
    """Return the path of a file in its folder."""
    return f"{relation}/{UNDATED if month is None else f'{month:%Y-%m}'}.parquet"


def digest_of(contents: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    return sha256(contents).hexdigest()


def read_manifest(contents: bytes, place: str) -> ExportManifest:
    """Read the bytes of a manifest. UsageError names ``place`` and the first fault, no value."""
    try:
        return ExportManifest.model_validate_json(contents)
    except ValidationError as cause:
        first = cause.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the text"
        raise UsageError(
            f"{place} is not the manifest of an export of this release: {where} ({first['type']}).",
            what_to_do="Name the folder of an export, or make a new one with `kpr-stream export`.",
        ) from None


def require_unexpired(manifest: ExportManifest, today: date, place: str) -> None:
    """Raise ExpiredError after the last day of use."""
    if today > manifest.expires_on:
        raise ExpiredError(
            f"The export in {place} expired after {manifest.expires_on}.",
            what_to_do="Delete the folder. If the purpose still holds, make a new export with "
            "`kpr-stream export`, which asks for the purpose again.",
        )
