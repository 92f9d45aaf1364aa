"""The golden examples: what every implementation must write, read and refuse.

A valid example is Avro's own JSON encoding of one record. An invalid one says why; its record is
refused because of the named field and of nothing else, or its bytes are refused with a message.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest
from fastavro.validation import ValidationError

from kpr_stream.errors import WireFormatError
from kpr_stream.schemas.catalogue import all_schemas, schema
from kpr_stream.schemas.wire import decode, encode
from tests.support.repository import SCHEMAS

EXAMPLES = SCHEMAS / "examples"
RECORDS = sorted({s.name for s in all_schemas()})
VALID = sorted(EXAMPLES.glob("*/valid-*.json"))
INVALID = sorted(EXAMPLES.glob("*/invalid-*.json"))
INVALID_RECORDS = [p for p in INVALID if "record" in json.loads(p.read_text("utf-8"))]
INVALID_WIRES = [p for p in INVALID if "wire" in json.loads(p.read_text("utf-8"))]
REFUSALS = (ValidationError, ValueError, AttributeError, KeyError, TypeError, IndexError)
"""What fastavro's JSON reader runs into, and what its validation says."""


def _id(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _load(path: Path) -> dict[str, Any]:
    loaded = json.loads(path.read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _from_avro_json(name: str, record: dict[str, Any]) -> dict[str, Any]:
    """Read Avro's JSON encoding and write it as bytes with every type checked."""
    parsed = schema(name).parsed
    (read,) = fastavro.json_reader(io.StringIO(json.dumps(record)), parsed)
    fastavro.validate(read, parsed)
    assert isinstance(read, dict)
    return read


def _to_avro_json(name: str, record: dict[str, Any]) -> dict[str, Any]:
    out = io.StringIO()
    fastavro.json_writer(out, schema(name).parsed, [record])
    written = json.loads(out.getvalue())
    assert isinstance(written, dict)
    return written


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_has_valid_and_invalid_examples(name: str) -> None:
    assert [p for p in VALID if p.parent.name == name]
    assert [p for p in INVALID_RECORDS if p.parent.name == name]
    assert [p for p in INVALID_WIRES if p.parent.name == name]


def test_every_file_among_the_examples_is_one() -> None:
    assert {p for p in EXAMPLES.rglob("*") if p.is_file()} == {*VALID, *INVALID}
    assert sorted({p.parent.name for p in VALID}) == RECORDS
    assert sorted([*INVALID_RECORDS, *INVALID_WIRES]) == INVALID


@pytest.mark.parametrize("path", VALID, ids=_id)
def test_a_valid_example_survives_the_wire(path: Path) -> None:
    name = path.parent.name
    given = _load(path)
    assert _to_avro_json(name, decode(name, encode(name, _from_avro_json(name, given)))) == given


@pytest.mark.parametrize("path", INVALID_RECORDS, ids=_id)
def test_an_invalid_record_is_refused_because_of_the_field_it_names(path: Path) -> None:
    name = path.parent.name
    example = _load(path)
    field, otherwise = example["field"], _load(path.parent / example["otherwise"])
    assert field in example["why"]
    with pytest.raises(REFUSALS):
        _from_avro_json(name, example["record"])
    assert _from_avro_json(name, example["record"] | {field: otherwise[field]})


@pytest.mark.parametrize("path", INVALID_WIRES, ids=_id)
def test_invalid_bytes_are_refused_with_the_stated_message(path: Path) -> None:
    example = _load(path)
    with pytest.raises(WireFormatError, match=example["refused"]):
        decode(path.parent.name, bytes.fromhex(example["wire"]))


def test_the_ids_in_the_examples_are_synthetic() -> None:
    for path in (EXAMPLES / "consultation_item", EXAMPLES / "appointment_item"):
        for file in path.glob("valid-*.json"):
            record = _load(file)
            for kind in ("fnr", "dnr"):
                number = (record[kind] or {"string": "00810000000"})["string"]
                assert 81 <= int(number[2:4]) <= 92, f"{file.name}: month + 80 is missing"
