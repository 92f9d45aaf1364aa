"""Every way in which a framed record can be damaged, one at a time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from kpr_stream.errors import WireFormatError
from kpr_stream.model.words import Cause
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import Schema, all_schemas, schema
from kpr_stream.schemas.wire import decode, encode

RIGHTS: dict[str, Any] = {
    "person_key": "ab" * 16,
    "reservations": [{"kind": "weight", "from": dt.date(2026, 1, 15), "revoked": None}],
    "erased": False,
    "stop_mark": "cd" * 16,
}


def test_the_frame_is_a_zero_byte_and_the_id_big_endian() -> None:
    assert encode("rights", RIGHTS)[:5] == bytes([0, 0, 0, 0, schema("rights").id])


def test_a_record_cut_short_anywhere_is_refused() -> None:
    whole = encode("rights", RIGHTS)
    for length in range(len(whole)):
        with pytest.raises(WireFormatError) as refusal:
            decode("rights", whole[:length])
        assert refusal.value.code in {Cause.NO_FRAME, Cause.ENVELOPE_NOT_READABLE}


def test_bytes_left_over_are_refused() -> None:
    with pytest.raises(WireFormatError, match="1 bytes are left over"):
        decode("rights", encode("rights", RIGHTS) + b"\0")


def test_any_other_schema_id_is_refused() -> None:
    whole = encode("rights", RIGHTS)
    for bit in range(8, 40):
        flipped = int.from_bytes(whole[:5], "big") ^ (1 << (39 - bit))
        with pytest.raises(WireFormatError, match="is not one of rights"):
            decode("rights", flipped.to_bytes(5, "big") + whole[5:])


@pytest.mark.parametrize("magic", [1, 0x4F, 0x7B, 0xFF])
def test_another_first_byte_is_refused(magic: int) -> None:
    with pytest.raises(WireFormatError, match="zero byte"):
        decode("rights", bytes([magic]) + encode("rights", RIGHTS)[1:])


@pytest.mark.parametrize("other", [s for s in all_schemas() if s.name != "rights"])
def test_a_record_of_another_kind_is_refused(other: Schema) -> None:
    with pytest.raises(WireFormatError, match=f"Schema id {schema('rights').id}"):
        decode(other.name, encode("rights", RIGHTS))


def test_the_message_holds_nothing_of_the_record() -> None:
    with pytest.raises(WireFormatError) as refusal:
        decode("rights", encode("rights", RIGHTS)[:-1])
    assert "abab" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_a_misspelt_field_is_refused_when_written() -> None:
    with pytest.raises(ValueError, match="resrvations"):
        encode("rights", RIGHTS | {"resrvations": []})


def test_a_field_with_a_default_may_be_left_out_when_written() -> None:
    assert decode("rights", encode("rights", {"person_key": "x"})) == {
        "person_key": "x",
        "reservations": [],
        "erased": False,
        "stop_mark": None,
    }


def test_an_earlier_version_is_read_as_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Schema("rights", 1, 9001, "", _record("a"))
    new = Schema("rights", 2, 9002, "", _record("a", "b"))
    monkeypatch.setattr(wire, "schemas_by_id", lambda: {9001: old, 9002: new})
    monkeypatch.setattr(wire, "schema", lambda _name: new)
    assert decode("rights", wire.encode_with(old, {"a": "x"})) == {"a": "x", "b": "none"}


def _record(*fields: str) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "Rights",
        "fields": [{"name": f, "type": "string", "default": "none"} for f in fields],
    }
