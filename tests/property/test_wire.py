"""The wire format over everything the schemas allow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.errors import WireFormatError
from kpr_stream.schemas.catalogue import Schema, all_schemas
from kpr_stream.schemas.wire import decode, encode, encode_with
from tests.support.avro_values import values

SCHEMAS = all_schemas()
NAMES = sorted({s.name for s in SCHEMAS})


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: f"{s.name}.v{s.version}")
@given(data=st.data())
def test_what_is_written_is_read_back(schema: Schema, data: st.DataObject) -> None:
    record = data.draw(values(schema.parsed))
    read = decode(schema.name, encode_with(schema, record))
    assert {name: read[name] for name in record} == record


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_record_or_a_wire_format_error(name: str, data: bytes) -> None:
    try:
        record = decode(name, data)
    except WireFormatError:
        return
    assert decode(name, encode(name, record)) == record


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: f"{s.name}.v{s.version}")
@given(body=st.binary(max_size=200))
def test_any_body_under_a_right_frame_is_a_record_or_a_wire_format_error(
    schema: Schema, body: bytes
) -> None:
    try:
        record = decode(schema.name, b"\0" + schema.id.to_bytes(4, "big") + body)
    except WireFormatError:
        return
    assert decode(schema.name, encode(schema.name, record)) == record
