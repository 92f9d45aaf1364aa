"""Read and write the Confluent wire format: zero byte, schema id, Avro.

The id is big-endian. Source: Confluent's documentation of the Schema Registry wire format. Any
standard client with a schema registry that has our ids reads these bytes.
"""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import fastavro

from kpr_stream.errors import WireFormatError
from kpr_stream.schemas.catalogue import Schema, schema, schemas_by_id
from kpr_stream.schemas.encoder import FRAME, encoder


def encode(name: str, record: dict[str, Any]) -> bytes:
    """Frame and write a record in the newest version of its schema."""
    return encode_with(schema(name), record)


def encode_with(chosen: Schema, record: dict[str, Any]) -> bytes:
    """Frame and write a record in a schema; ValueError for a field not in it."""
    return encoder(chosen)(record)


def decode(
    name: str, data: bytes, *, unread: tuple[str, ...] = (), as_numbers: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Read a framed record, evolved to the newest version of ``name``.

    Fields ``unread`` are passed over and missing from the record. Dates ``as_numbers`` are read as
    days since 1970: a date that Python cannot hold, as of the year 10000, costs nothing there.
    WireFormatError for anything else: too short, no zero byte, the id of another record, bytes
    that do not fit the schema, bytes left over.
    """
    if len(data) < FRAME.size:
        raise _broken(f"The record has {len(data)} bytes; the frame alone has {FRAME.size}.")
    magic, schema_id = FRAME.unpack_from(data)
    if magic != 0:
        raise _broken("The record does not start with the zero byte of the Confluent format.")
    writer = schemas_by_id().get(schema_id)
    if writer is None or writer.name != name:
        raise _broken(f"Schema id {schema_id} is not one of {name} in this release.")
    written = _with_numbers(writer, as_numbers) if as_numbers else writer.parsed
    reader = _without(schema(name), unread) if unread else schema(name).parsed
    body = io.BytesIO(data)
    body.seek(FRAME.size)
    try:
        record = fastavro.schemaless_reader(body, written, reader)
    except Exception as cause:  # noqa: BLE001 - fastavro may raise anything
        raise _broken(
            f"The bytes do not fit schema {schema_id} ({type(cause).__name__})."
        ) from None
    if body.tell() != len(data):
        raise _broken(f"{len(data) - body.tell()} bytes are left over after the record.")
    if not isinstance(record, dict):
        raise _broken(f"Schema {schema_id} did not give a record.")
    return record


@cache
def _without(whole: Schema, unread: tuple[str, ...]) -> Any:  # noqa: ANN401 - a parsed schema
    declared = json.loads(whole.text)
    kept = [field for field in declared["fields"] if field["name"] not in unread]
    return fastavro.parse_schema({**declared, "fields": kept})


@cache
def _with_numbers(written: Schema, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - a parsed schema
    declared = json.loads(written.text)
    for field in declared["fields"]:
        if field["name"] in names:
            field["type"] = field["type"]["type"]
    return fastavro.parse_schema(declared)


def _broken(what: str) -> WireFormatError:
    return WireFormatError(
        what,
        what_to_do="Write it with the schema and id in avro_schemas/catalogue.json.",
        code="UNDECODABLE",
    )
