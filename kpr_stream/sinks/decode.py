"""Decode many records at once: Avro in, CSV for COPY out. Pure.

The bodies of a batch are joined into one Avro block and read by Polars (docs/adr/0101). The key in
each value must be the key of its Kafka record: that shows that the record was read in step with
its neighbours. If anything is wrong, the records are read one by one to name the one at fault.
Nothing is ever skipped.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache

import polars as pl
from polars.exceptions import PolarsError

from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.foreign import foreign_record
from kpr_stream.model.words import RecordStatus
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.container import write_container
from kpr_stream.sinks.history import header_of
from kpr_stream.sinks.latest import SinkRecord, key_as_uuid
from kpr_stream.sinks.source import EPOCH, OFFSET, PARTITION
from kpr_stream.sinks.tables import NEWEST, RECORDED_AT, REVISION, STATUS, Column, SinkTable

_NUL, _REPLACEMENT = b"\x00", "\ufffd".encode()


def frame_of(table: SinkTable, records: Sequence[SinkRecord]) -> pl.DataFrame:
    """Return the values as a frame of Avro fields; WireFormatError names a bad record."""
    try:
        block = b"".join(_newest_body(table.record, record.value or b"") for record in records)
        container = write_container(schema(table.record).text, [(len(records), block)])
        frame = pl.read_avro(io.BytesIO(container))
        keys = [key_as_uuid(record.key).hex for record in records]
    except (WireFormatError, PolarsError, OSError, pl.exceptions.PanicException):
        raise _culprit(table, records) from None
    if frame.height != len(records) or frame[table.key].to_list() != keys:
        raise _culprit(table, records)
    return frame


def rows_of(
    table: SinkTable, frame: pl.DataFrame, records: Sequence[SinkRecord], epoch: Mapping[int, int]
) -> pl.DataFrame:
    """Return the table's columns; a marker has no content.

    A type without a form in CSV becomes text.
    """
    nested = [n for n, t in frame.schema.items() if isinstance(t, pl.Struct)]
    rows = frame.unnest(nested, separator="_").with_columns(
        pl.Series(PARTITION, [r.partition for r in records], pl.Int32),
        pl.Series(OFFSET, [r.offset for r in records], pl.Int64),
        pl.Series(EPOCH, [epoch[r.partition] for r in records], pl.Int32),
    )
    if table.content_names and (rows[STATUS] != RecordStatus.LIVE).any():
        live = pl.col(STATUS) == RecordStatus.LIVE
        rows = rows.with_columns(pl.when(live).then(pl.col(table.content_names)))
    return rows.select(_literal(column) for column in table.columns)


def version_columns(records: Sequence[SinkRecord], topic: str) -> list[pl.Series]:
    """Return what a version has beside its record."""
    return [
        pl.Series(REVISION, [header_of(r, topic)[1] for r in records], pl.Int64),
        pl.Series(RECORDED_AT, [r.timestamp for r in records], pl.Int64).cast(
            pl.Datetime("ms", "UTC")
        ),
    ]


def is_newest(table: SinkTable) -> pl.Expr:
    """Return whether a row is the last of its key in the batch."""
    return pl.struct(PARTITION, table.key).is_last_distinct().alias(NEWEST)


def csv_of(rows: pl.DataFrame) -> bytes:
    """Return CSV without a header: null is nothing, an empty text is quoted.

    PostgreSQL cannot store a NUL character: one in a sender's code becomes U+FFFD.
    """
    out = io.BytesIO()
    rows.write_csv(out, include_header=False)
    text = out.getvalue()
    return text.replace(_NUL, _REPLACEMENT) if _NUL in text else text


def _literal(column: Column) -> pl.Expr:
    values = pl.col(column.name)
    if column.pg_type == "text[]":
        element = pl.element().str.replace_all(r'(["\\])', r"\$1")
        quoted = pl.concat_str(pl.lit('"'), element, pl.lit('"'))
        inner = values.list.eval(quoted).list.join(",")
        return pl.concat_str(pl.lit("{"), inner, pl.lit("}")).alias(column.name)
    if column.pg_type == "jsonb":
        inner = values.list.eval(pl.element().struct.json_encode()).list.join(",")
        return pl.concat_str(pl.lit("["), inner, pl.lit("]")).alias(column.name)
    if column.pg_type == "bytea":
        return pl.concat_str(pl.lit("\\x"), values.bin.encode("hex")).alias(column.name)
    return values


def _newest_body(name: str, value: bytes) -> bytes:
    if not value.startswith(_prefix(name)):
        value = wire.encode(name, wire.decode(name, value))
    return value[len(_prefix(name)) :]


@cache
def _prefix(name: str) -> bytes:
    return b"\x00" + schema(name).id.to_bytes(4, "big")


def _culprit(table: SinkTable, records: Sequence[SinkRecord]) -> WireFormatError:
    for record in records:
        place = (table.topic, record.partition, record.offset)
        try:
            found = wire.decode(table.record, record.value or b"")[table.key]
            if found != key_as_uuid(record.key).hex:
                return foreign_record(place, "its key and its value disagree")
        except WireFormatError as cause:
            return foreign_record(place, cause.message)
    first = records[0]
    return foreign_record(
        (table.topic, first.partition, first.offset),
        f"with the {len(records) - 1} records after it, it cannot be read as one block",
    )
