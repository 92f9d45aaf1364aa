"""The encoder writes what fastavro writes, for every schema, and refuses what fastavro refuses."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any, Final

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.by_value import LARGEST
from kpr_stream.schemas.catalogue import Schema, all_schemas, schema
from kpr_stream.schemas.encoder import RecordEncoder
from tests.support.avro_values import values

EACH: Final = pytest.mark.parametrize(
    "written", all_schemas(), ids=lambda s: f"{s.name}.v{s.version}"
)
FRAME_BYTES: Final = 5
DAY_0, MS_0 = dt.date(1970, 1, 1), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def by_fastavro(written: Schema, record: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, written.parsed, record, strict_allow_default=True)
    return out.getvalue()


def plain(value: Any) -> Any:
    """Dates as days and times as milliseconds: what the processor writes."""
    if isinstance(value, dt.datetime):
        return (value - MS_0) // dt.timedelta(milliseconds=1)
    return (value - DAY_0).days if isinstance(value, dt.date) else value


@EACH
@given(data=st.data())
def test_the_bytes_are_fastavros(written: Schema, data: st.DataObject) -> None:
    encode = RecordEncoder(written)
    for record in data.draw(st.lists(values(written.parsed), min_size=1, max_size=3)):
        as_numbers = {name: plain(value) for name, value in record.items()}
        for one in (record, as_numbers, as_numbers):
            assert encode(one)[FRAME_BYTES:] == by_fastavro(written, one)


@EACH
@given(data=st.data())
def test_a_field_that_is_left_out_has_its_default_or_is_refused(
    written: Schema, data: st.DataObject
) -> None:
    record = data.draw(values(written.parsed))
    gone = data.draw(st.sampled_from(written.field_names))
    del record[gone]
    try:
        expected = by_fastavro(written, record)
    except (ValueError, TypeError, KeyError, AttributeError) as refused:
        with pytest.raises(type(refused)):
            RecordEncoder(written)(record)
    else:
        assert RecordEncoder(written)(record)[FRAME_BYTES:] == expected


@EACH
@given(data=st.data())
def test_a_field_that_the_schema_has_not_is_refused(written: Schema, data: st.DataObject) -> None:
    record = data.draw(values(written.parsed))
    misspelt = data.draw(st.sampled_from(written.field_names))
    record[f"{misspelt}x"] = record.pop(misspelt)
    with pytest.raises(ValueError, match="x"):
        RecordEncoder(written)(record)


def test_what_is_remembered_is_bounded() -> None:
    encode = RecordEncoder(schema("identity_link"))
    record = {
        "link_key": "0" * 32,
        "person_key": "1" * 32,
        "other_key": "2" * 32,
        "evidence": "same_item",
        "withdrawn": False,
        "withdrawn_because": None,
    }
    for at in range(2 * LARGEST + 1):
        encode({**record, "changed_at": at})
    sizes = [len(table) for table in encode._tables]
    assert max(sizes) <= LARGEST
    assert sizes[:3] == [0, 0, 0], "keys are never met again"
