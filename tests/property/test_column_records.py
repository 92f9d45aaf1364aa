"""Records written from columns are, byte for byte, those that fastavro writes."""

from __future__ import annotations

import io
import json
from typing import Any, Final

import fastavro
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.schemas import row_writer
from kpr_stream.schemas.catalogue import Schema, all_schemas, schema
from kpr_stream.schemas.column_records import (
    Coded,
    Column,
    Constant,
    Doubles,
    Keys,
    Numbers,
    write_records,
)
from kpr_stream.schemas.encoder import FRAME, UNUSUAL
from tests.property.test_encoder import plain
from tests.support.avro_values import values
from tests.support.repository import SCHEMAS

NEWEST: Final = sorted(
    {s.name: s for s in sorted(all_schemas(), key=lambda s: s.version)}.values(),
    key=lambda s: s.name,
)
EACH: Final = pytest.mark.parametrize("written", NEWEST, ids=lambda s: s.name)


def by_fastavro(written: Schema, record: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    out.write(FRAME.pack(0, written.id))
    fastavro.schemaless_writer(out, written.parsed, record, strict_allow_default=True)
    return out.getvalue()


def whole(found: list[Any]) -> bool:
    return all(type(v) is int for v in found if v is not None)


def in_columns(found: list[Any], *, as_codes: bool) -> Column:
    """The column that a frame would have of these values."""
    nulls = np.array([v is None for v in found])
    there = [v for v in found if v is not None]
    if len({repr(v) for v in found}) == 1:
        return Constant(found[0])
    if not as_codes and there and whole(found):
        return Numbers(np.array([0 if v is None else v for v in found], np.int64), nulls)
    if not as_codes and there and all(type(v) is float for v in there):
        return Doubles(np.array([0.0 if v is None else v for v in found]), nulls)
    return Coded(found, np.arange(len(found)))


FLAT: Final = ("consultation", "appointment", "identity_link")
"""Records whose fields are all of kinds that columns have."""


def written_or_refused(name: str, columns: dict[str, Column], count: int) -> list[bytes] | None:
    """The records; None if a field is of a kind that is written one by one."""
    try:
        return write_records(name, columns, count)
    except UNUSUAL:
        assert name not in FLAT
        return None


@EACH
@given(data=st.data())
def test_the_bytes_are_fastavros(written: Schema, data: st.DataObject) -> None:
    records = data.draw(st.lists(values(written.parsed), min_size=1, max_size=5))
    records = [{name: plain(value) for name, value in record.items()} for record in records]
    as_codes = data.draw(st.booleans())
    columns = {
        field: in_columns([record[field] for record in records], as_codes=as_codes)
        for field in written.field_names
    }
    found = written_or_refused(written.name, columns, len(records))
    assert found in (None, [by_fastavro(written, record) for record in records])


@EACH
def test_the_golden_examples_are_written_alike(written: Schema) -> None:
    files = sorted((SCHEMAS / "examples" / written.name).glob("valid-*.json"))
    assert files
    for file in files:
        line = json.dumps(json.loads(file.read_text("utf-8")))
        (record,) = fastavro.json_reader(io.StringIO(line), written.parsed)
        assert isinstance(record, dict)
        record = {field: plain(value) for field, value in record.items()}
        columns: dict[str, Column] = {f: Constant(v) for f, v in record.items()}
        found = written_or_refused(written.name, columns, 2)
        assert found in (None, [by_fastavro(written, record)] * 2)


LINK: Final[dict[str, Any]] = {
    "link_key": "0" * 32,
    "person_key": "1" * 32,
    "other_key": "2" * 32,
    "evidence": "same_item",
    "withdrawn": False,
    "changed_at": 7,
}


@given(st.lists(st.one_of(st.none(), st.binary(min_size=16, max_size=16)), min_size=1, max_size=9))
def test_keys_are_written_as_digits(keys: list[bytes | None]) -> None:
    cells = np.frombuffer(b"".join(k or bytes(16) for k in keys), np.uint8).reshape(-1, 16)
    nulls = np.array([key is None for key in keys])
    columns = {f: Constant(v) for f, v in LINK.items()} | {"evidence_key": Keys(cells, nulls)}
    expected = [
        by_fastavro(schema("identity_link"), LINK | {"evidence_key": key and key.hex()})
        for key in keys
    ]
    assert write_records("identity_link", columns, len(keys)) == expected


def test_what_does_not_fit_is_refused() -> None:
    fine: dict[str, Column] = {f: Constant(v) for f, v in LINK.items()}
    odd: dict[str, Column] = {
        "changed_at": Numbers(np.array([1, 2]), np.array([False, True])),
        "person_key": Doubles(np.array([1.0, 2.0])),
        "evidence": Constant(None),
        "evidenze": Constant("x"),
    }
    for field, column in odd.items():
        with pytest.raises(UNUSUAL):
            write_records("identity_link", fine | {field: column}, 2)
    del fine["link_key"]
    with pytest.raises(KeyError):
        write_records("identity_link", fine, 2)


def test_rows_beyond_the_room_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_writer, "MOST_BYTES", 1_000)
    fine: dict[str, Column] = {f: Constant(v) for f, v in LINK.items()}
    assert len(write_records("identity_link", fine, 3)) == 3
    with pytest.raises(ValueError, match="more than 1000"):
        write_records("identity_link", fine, 30)
