"""Avro to CSV, many records at once."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.errors import WireFormatError
from kpr_stream.sinks.batch import write_of
from kpr_stream.sinks.decode import frame_of
from kpr_stream.sinks.tables import SinkKind, sink
from tests.support.sink_records import Incoming, consultation, identity, incoming, key_of

CONSULTATION = sink(SinkKind.CONTENT).tables[0]
IDENTITY = sink(SinkKind.IDENTITY).tables[0]


def records(count: int) -> list[Incoming]:
    return [incoming("consultation", n, consultation(n), number=n) for n in range(count)]


def rows(csv_text: bytes) -> list[dict[str, str]]:
    found = csv.reader(io.StringIO(csv_text.decode(), newline=""))
    return [dict(zip(CONSULTATION.staged_names, row, strict=True)) for row in found]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00")))
def test_any_text_comes_through(text: str) -> None:
    sent = incoming("consultation", 0, consultation(1, contact_form=text), number=1)
    (row,) = rows(write_of(CONSULTATION, [sent], {3: 1}).csv)
    assert row["contact_form"] == text


def test_null_and_empty_differ() -> None:
    values = consultation(1, contact_form="", attendance=None)
    sent = incoming("consultation", 0, values, number=1)
    cells = write_of(CONSULTATION, [sent], {3: 1}).csv.decode().rstrip("\n").split(",")
    names = CONSULTATION.staged_names
    assert cells[names.index("contact_form")] == '""'
    assert cells[names.index("attendance")] == ""


def test_a_row_says_where_it_came_from() -> None:
    sent = incoming("consultation", 17, consultation(1), number=1, partition=6)
    (row,) = rows(write_of(CONSULTATION, [sent], {6: 4}).csv)
    assert (row["source_epoch"], row["source_partition"], row["source_offset"]) == ("4", "6", "17")


def test_markers_and_live_rows_in_one_batch() -> None:
    marker = consultation(2, status="superseded", weight_g=9, set_aside=["x"], sex="1")
    sent = [*records(2), incoming("consultation", 5, marker, number=2)]
    found = rows(write_of(CONSULTATION, sent, {3: 1}).csv)
    assert [r["weight_g"] for r in found] == ["4500", "4500", ""]
    assert {found[2][name] for name in CONSULTATION.content_names} == {""}
    assert found[2]["org_nr"] == "974767880"


def test_erasures_are_keys_and_places() -> None:
    sent = [incoming("consultation", n, None, number=n, partition=2) for n in (4, 5)]
    write = write_of(CONSULTATION, sent, {2: 3})
    assert write.rows == 0
    assert write.erasures == [(key_of(4), 3, 2, 4), (key_of(5), 3, 2, 5)]


def test_identity_is_flattened() -> None:
    sent = [incoming("identity", 0, identity(1), number=1)]
    assert frame_of(IDENTITY, sent).columns[3] == "sealed"
    text = write_of(IDENTITY, sent, {3: 1}).csv.decode()
    assert "\\x00ff2c0a" in text
    assert '""evidence"":""same_item""' in text


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (b"", "the frame alone has"),
        (b"\x01" + bytes(20), "zero byte"),
        (b"\x00\x00\x00\x00\xa1" + bytes(9), "not one of consultation"),
        (b"\x00\x00\x00\x00\x97" + b"\xff" * 9, "do not fit"),
    ],
)
def test_the_record_at_fault_is_named(broken: bytes, why: str) -> None:
    sent = records(5)
    sent[3] = replace(sent[3], value=broken)
    with pytest.raises(WireFormatError, match=rf"partition 3, offset 3.*{why}"):
        frame_of(CONSULTATION, sent)


def test_bytes_left_over_are_seen() -> None:
    sent = records(5)
    sent[2] = replace(sent[2], value=(sent[2].value or b"") + b"\x00")
    with pytest.raises(WireFormatError, match=r"offset 2.*left over"):
        frame_of(CONSULTATION, sent)


def test_a_key_that_is_not_the_values_is_an_incident() -> None:
    sent = [incoming("consultation", 0, consultation(1), number=2)]
    with pytest.raises(WireFormatError, match="its key and its value disagree"):
        frame_of(CONSULTATION, sent)
    gone = replace(incoming("consultation", 4, None, number=2), key=b"short")
    with pytest.raises(WireFormatError, match="partition 3, offset 4"):
        write_of(CONSULTATION, [gone], {3: 1})


def test_every_record_is_staged_and_the_last_of_a_key_is_the_newest() -> None:
    sent = [*records(2), incoming("consultation", 5, consultation(1, weight_g=1), number=1)]
    write = write_of(CONSULTATION, sent, {3: 1})
    assert (write.rows, write.keys) == (3, 2)
    assert [(r["source_offset"], r["newest"]) for r in rows(write.csv)] == [
        ("0", "true"),
        ("1", "false"),
        ("5", "true"),
    ]
