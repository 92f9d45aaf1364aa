"""Object container files: read with bounds, never trusted."""

from __future__ import annotations

import io
import json
import zlib

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.errors import ContainerError
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.words import Cause, Refusal
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.container import (
    MAX_INFLATED_BYTES,
    MAX_ITEMS,
    Blocks,
    read_container,
    write_container,
)
from tests.support.deliveries import consultation, container

CONTRACT = schema("consultation_item")
ITEMS = [consultation(n) for n in range(3)]
PLAIN = container(ITEMS, codec="null")
DEFLATED = container(ITEMS)
SYNC = bytes(range(16))
BROKEN = ((-1, b"UNDECODABLE"),)


def _file(*blocks: tuple[int, bytes], codec: str = "null", text: str = CONTRACT.text) -> bytes:
    """A container by hand, so that it can lie."""
    out = io.BytesIO()
    out.write(b"Obj\x01")
    metadata = {"avro.codec": codec.encode(), "avro.schema": text.encode()}
    fastavro.schemaless_writer(out, {"type": "map", "values": "bytes"}, metadata)
    out.write(SYNC)
    for count, block in blocks:
        fastavro.schemaless_writer(out, "long", count)
        fastavro.schemaless_writer(out, "bytes", block)
        out.write(SYNC)
    return out.getvalue()


def _deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


def _code(data: bytes) -> str:
    with pytest.raises(ContainerError) as raised:
        read_container(data, CONTRACT)
    return refusal_causes()[Cause(raised.value.code)].reason


@pytest.mark.parametrize("data", [PLAIN, DEFLATED])
def test_blocks_are_what_was_written(data: bytes) -> None:
    blocks = read_container(data, CONTRACT)
    assert sum(count for count, _ in blocks) == 3
    assert blocks == read_container(PLAIN, CONTRACT)


def test_written_blocks_of_many_read_as_one() -> None:
    blocks = read_container(PLAIN, CONTRACT) * 2
    joined = write_container(CONTRACT.text, blocks)
    assert read_container(joined, CONTRACT) == blocks
    found = [item["consultation_id"] for item in fastavro.reader(io.BytesIO(joined))]  # type: ignore[index, call-overload]
    assert found == ["k-0", "k-1", "k-2"] * 2


def test_no_blocks_is_an_empty_delivery() -> None:
    assert read_container(_file(), CONTRACT) == ()
    assert read_container(_file((0, b"")), CONTRACT) == ((0, b""),)


def test_what_deflate_writers_leave_behind_is_allowed() -> None:
    assert read_container(_file((1, _deflate(b"x") + b"123"), codec="deflate"), CONTRACT)
    assert _code(_file((1, _deflate(b"x") + b"12345"), codec="deflate")) == Refusal.UNDECODABLE


def test_documentation_may_differ_but_not_meaning() -> None:
    changed = json.loads(CONTRACT.text)
    changed["doc"] = "another"
    assert read_container(_file(text=json.dumps(changed, indent=1)), CONTRACT) == ()
    milliseconds = CONTRACT.text.replace("timestamp-micros", "timestamp-millis")
    assert _code(_file(text=milliseconds)) == Refusal.UNKNOWN_CONTRACT
    changed["fields"].pop()
    assert _code(_file(text=json.dumps(changed))) == Refusal.UNKNOWN_CONTRACT


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 5000, '"int"', " " * 300_000])
def test_no_schema_of_ours(text: str) -> None:
    assert _code(_file(text=text)) == Refusal.UNKNOWN_CONTRACT


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Obj\x01",
        b"Obj\x02" + PLAIN[4:],
        PLAIN[:-1],
        PLAIN + b"\x00",
        PLAIN[:-1] + b"\x00",
        _file(codec="snappy"),
        _file((-1, b"x")),
        _file((2, b"x")),
        _file((1, b"no deflate"), codec="deflate"),
        _file((1, _deflate(b"x" * 100)[:-2]), codec="deflate"),
        b"Obj\x01" + b"\xff" * 30,
        b"Obj\x01" + b"\x80\x02" + b"\x00" * 600,
    ],
)
def test_damaged(data: bytes) -> None:
    assert _code(data) == Refusal.UNDECODABLE


def test_too_many_items() -> None:
    half = (MAX_ITEMS // 2, bytes(MAX_ITEMS))
    assert len(read_container(_file(half, half), CONTRACT)) == 2
    assert _code(_file(half, half, (1, b"x"))) == Refusal.TOO_MANY_ITEMS
    assert _code(_file((2**62, b"x"))) == Refusal.TOO_MANY_ITEMS


def test_a_bomb_stops_at_the_limit() -> None:
    bomb = _deflate(bytes(10 * MAX_INFLATED_BYTES))
    assert _code(_file((1, bomb), codec="deflate")) == Refusal.TOO_LARGE
    half = (1, _deflate(bytes(MAX_INFLATED_BYTES // 2)))
    assert len(read_container(_file(half, half, codec="deflate"), CONTRACT)) == 2
    assert _code(_file(half, half, half, codec="deflate")) == Refusal.TOO_LARGE


def test_cut_at_every_byte() -> None:
    # Cut just before its block a container is whole and empty: then the count does not fit.
    whole = [n for n in range(len(DEFLATED)) if _answer(DEFLATED[:n]) == ()]
    cut = [n for n in range(len(DEFLATED)) if _answer(DEFLATED[:n])[:1] == BROKEN]
    assert len(whole) == 1
    assert len(cut) == len(DEFLATED) - 1


@given(st.integers(0, len(DEFLATED) - 1), st.integers(0, 255))
def test_any_changed_byte(at: int, byte: int) -> None:
    changed = bytearray(DEFLATED)
    changed[at] = byte
    _answer(bytes(changed))


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    _answer(data)
    _answer(PLAIN[:-200] + data)


def _answer(data: bytes) -> Blocks:
    try:
        return read_container(data, CONTRACT)
    except ContainerError as error:
        return ((-1, refusal_causes()[Cause(error.code)].reason.encode()),)
