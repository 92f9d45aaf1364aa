"""Derive the table of each topic, with its columns, from the Avro schema. Pure.

A nested record becomes columns ``field_subfield``, a list of records ``jsonb``, a keyed hash
(``…_key``) a ``uuid``: 16 bytes as 16 bytes. Every row names its source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

from kpr_stream.model import topics
from kpr_stream.model.topics import Role
from kpr_stream.schemas.catalogue import schema
from kpr_stream.sinks.by_value.quarantine import quarantine_topic
from kpr_stream.sinks.by_value.receipts import receipt_topics
from kpr_stream.sinks.by_value.rights import rights_topic
from kpr_stream.sinks.by_value.tables import ValueTopic
from kpr_stream.sinks.by_value.units import unit_topic
from kpr_stream.sinks.source import EPOCH, OFFSET, PARTITION

POSITION_TABLE = "sink_position"
STATUS = "status"
REVISION = "revision"
RECORDED_AT = "recorded_at"
NEWEST = "newest"
"""Column of the staging table alone: whether a row is the last of its key in the batch."""


class SinkKind(StrEnum):
    """The two sinks. They share no process, no role and no database schema."""

    CONTENT = "content"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    ``content``: a marker leaves it empty.
    """

    name: str
    pg_type: str
    nullable: bool = False
    content: bool = False


SOURCE_COLUMNS: tuple[Column, ...] = (
    Column(EPOCH, "integer"),
    Column(PARTITION, "integer"),
    Column(OFFSET, "bigint"),
)
"""The source of a row. The epoch counts rebuilds: offsets compare within one epoch only."""


VERSION_COLUMNS: tuple[Column, ...] = (
    Column(REVISION, "integer"),
    Column(RECORDED_AT, "timestamptz"),
)
"""What a version has beside its record: from the ledger header, and the time of the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkTable:
    """The table of one topic.

    ``unique`` is its primary key, ``key`` the column of the record key. ``history``: every record
    is also kept as a version, in a table beside it.
    """

    db_schema: str
    name: str
    topic: str
    record: str
    key: str
    unique: tuple[str, ...]
    columns: tuple[Column, ...]
    history: bool = False

    @property
    def full_name(self) -> str:
        """Return schema and table."""
        return f"{self.db_schema}.{self.name}"

    @property
    def version_name(self) -> str:
        """Return schema and table of the versions."""
        return f"{self.full_name}_version"

    @property
    def version_key(self) -> tuple[str, ...]:
        """Return the primary key of the versions. The receiver writes no version twice."""
        return (self.key, "extracted_at", "sequence", REVISION)

    @property
    def staged_names(self) -> tuple[str, ...]:
        """Return the columns of a staged row, in the order of its CSV."""
        more = (*(c.name for c in VERSION_COLUMNS), NEWEST) if self.history else ()
        return (*self.column_names, *more)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Return all columns, in the order of the schema, the source columns last."""
        return tuple(c.name for c in self.columns)

    @property
    def content_names(self) -> tuple[str, ...]:
        """Return the columns that a marker leaves empty."""
        return tuple(c.name for c in self.columns if c.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """One sink: the roles that it reads and writes as, and its tables.

    ``db_schema`` is the schema of its tables and positions, which no other sink may see.
    """

    kind: SinkKind
    principal: Role
    database_role: str
    lock_id: int
    db_schema: str
    tables: tuple[SinkTable, ...]
    value_topics: tuple[ValueTopic, ...] = ()
    """Topics that are read record by record."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Return every topic that the sink reads."""
        return (*(t.topic for t in self.tables), *(t.topic for t in self.value_topics))


@cache
def sink(kind: SinkKind) -> Sink:
    """Return a sink by its kind."""
    if kind is SinkKind.CONTENT:
        consultation = _table("content", "consultation", topics.CONSULTATION, "consultation_key")
        appointment = _table("content", "appointment", topics.APPOINTMENT, "appointment_key")
        return Sink(
            kind=kind,
            principal=Role.CONTENT_SINK,
            database_role="content_sink",
            lock_id=0x6B70_7201,
            db_schema=kind.value,
            tables=(with_history(consultation), with_history(appointment)),
            value_topics=(*receipt_topics(), unit_topic(), quarantine_topic()),
        )
    # Many units see one person, so each lane writes its own record of the same key.
    person = _table("identity", "identity", topics.IDENTITY, "person_key", PARTITION)
    link = _table("identity", "identity_link", topics.IDENTITY_LINK, "link_key", PARTITION)
    return Sink(
        kind=kind,
        principal=Role.IDENTITY_SINK,
        database_role="identity_sink",
        lock_id=0x6B70_7202,
        db_schema=kind.value,
        tables=(person, link),
        value_topics=(rights_topic(),),
    )


def with_history(table: SinkTable, *, history: bool = True) -> SinkTable:
    """Return the same table with versions, or without."""
    return replace(table, history=history)


def _table(db_schema: str, record: str, topic: str, key: str, *more_unique: str) -> SinkTable:
    fields = schema(record).parsed["fields"]
    has_markers = any(f["name"] == STATUS for f in fields)
    columns = tuple(c for f in fields for c in _columns(f["name"], f["type"], has_markers))
    return SinkTable(
        db_schema=db_schema,
        name=record,
        topic=topic,
        record=record,
        key=key,
        unique=(key, *more_unique),
        columns=columns + SOURCE_COLUMNS,
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
