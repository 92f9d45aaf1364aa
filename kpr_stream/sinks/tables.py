"""Which topic becomes which table: the columns are derived from the Avro schema, nowhere else.

A nested record becomes columns ``field_subfield``, a list of records ``jsonb``, a keyed hash
(``…_key``) a ``uuid``: 16 bytes as 16 bytes. Every row says where it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from kpr_stream.model import topics
from kpr_stream.model.topics import Role
from kpr_stream.schemas.catalogue import schema

EPOCH = "source_epoch"
PARTITION = "source_partition"
OFFSET = "source_offset"
POSITION_TABLE = "sink_position"
STATUS = "status"


class SinkKind(StrEnum):
    """The two sinks. They share no process, no role and no database schema."""

    CONTENT = "content"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: PostgreSQL's type, whether it may be null, whether a marker must not have it."""

    name: str
    pg_type: str
    nullable: bool = False
    content: bool = False


SOURCE_COLUMNS: tuple[Column, ...] = (
    Column(EPOCH, "integer"),
    Column(PARTITION, "integer"),
    Column(OFFSET, "bigint"),
)
"""Where a row came from. The epoch counts rebuilds: offsets compare within one epoch only."""


@dataclass(frozen=True, slots=True)
class Table:
    """One topic's table. ``unique`` is the primary key; ``key`` the column of the record's key."""

    db_schema: str
    name: str
    topic: str
    record: str
    key: str
    unique: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        """Schema and table."""
        return f"{self.db_schema}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """All columns, in the order of the schema, the source columns last."""
        return tuple(c.name for c in self.columns)

    @property
    def content_names(self) -> tuple[str, ...]:
        """Columns that a marker leaves empty."""
        return tuple(c.name for c in self.columns if c.content)


@dataclass(frozen=True, slots=True)
class Sink:
    """One sink: as whom it reads, as whom it writes, and what."""

    kind: SinkKind
    principal: Role
    database_role: str
    lock_id: int
    tables: tuple[Table, ...]

    @property
    def db_schema(self) -> str:
        """The database schema, which no other sink may see."""
        return self.kind.value


@cache
def sink(kind: SinkKind) -> Sink:
    """What there is to know about a sink."""
    if kind is SinkKind.CONTENT:
        return Sink(
            kind,
            Role.CONTENT_SINK,
            "content_sink",
            0x6B70_7201,
            (
                _table("content", "consultation", topics.CONSULTATION, "consultation_key"),
                _table("content", "appointment", topics.APPOINTMENT, "appointment_key"),
            ),
        )
    # A person is seen by many units, so each lane writes its own record of the same key.
    person = _table("identity", "identity", topics.IDENTITY, "person_key", PARTITION)
    link = _table("identity", "identity_link", topics.IDENTITY_LINK, "link_key", PARTITION)
    return Sink(kind, Role.IDENTITY_SINK, "identity_sink", 0x6B70_7202, (person, link))


def _table(db_schema: str, record: str, topic: str, key: str, *more_unique: str) -> Table:
    fields = schema(record).parsed["fields"]
    has_markers = any(f["name"] == STATUS for f in fields)
    columns = tuple(c for f in fields for c in _columns(f["name"], f["type"], has_markers))
    return Table(
        db_schema, record, topic, record, key, (key, *more_unique), columns + SOURCE_COLUMNS
    )


def _columns(name: str, avro_type: Any, has_markers: bool) -> tuple[Column, ...]:  # noqa: ANN401, FBT001 - a parsed Avro type is any JSON value
    nullable = isinstance(avro_type, list)
    plain = next(t for t in avro_type if t != "null") if nullable else avro_type
    kind = plain["type"] if isinstance(plain, dict) else plain
    if kind == "record":
        return tuple(
            Column(f"{name}_{c.name}", c.pg_type)
            for f in plain["fields"]
            for c in _columns(f["name"], f["type"], has_markers)
        )
    content = has_markers and (nullable or kind == "array")
    return (Column(name, _pg_type(name, plain, kind), nullable or content, content),)


def _pg_type(name: str, plain: Any, kind: str) -> str:  # noqa: ANN401 - as above
    if kind == "array":
        return "text[]" if plain["items"] == "string" else "jsonb"
    if kind == "string":
        return "uuid" if name.endswith("_key") else "text"
    logical = plain.get("logicalType") if isinstance(plain, dict) else None
    return _PG_TYPES[logical or kind]


_PG_TYPES = {
    "int": "integer",
    "long": "bigint",
    "boolean": "boolean",
    "double": "double precision",
    "bytes": "bytea",
    "date": "date",
    "timestamp-millis": "timestamptz",
}
