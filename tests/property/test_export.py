"""Which files of an export are written, and how rows come out of COPY's CSV."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.analytics.export.columns import TYPES, ExportedColumn, read_month
from kpr_stream.analytics.export.plan import plan_refresh
from tests.support.exports import file_entry

MONTHS = [None, *(date(2026, month, 1) for month in range(1, 5))]
PARTS = st.tuples(st.sampled_from(["consultation", "appointment"]), st.sampled_from(MONTHS))
WORDS = st.dictionaries(PARTS, st.sampled_from("abc"))


@given(
    listed=WORDS, on_disk=WORDS, wanted=WORDS, marks=st.dictionaries(PARTS, st.sampled_from("01"))
)
def test_after_a_refresh_the_folder_holds_what_the_database_holds(
    listed: Any, on_disk: Any, wanted: Any, marks: Any
) -> None:
    """Whatever an interruption or another hand has left."""
    entries = tuple(
        file_entry(*part, fingerprint=word, sha256=marks.get(part, "0") * 64)
        for part, word in listed.items()
    )
    disk = {part: ("0" if word == "a" else "1") * 64 for part, word in on_disk.items()}
    plan = plan_refresh(entries, disk, wanted)
    written = dict.fromkeys(plan.write, "new")
    kept = {(file.relation, file.month): file for file in plan.keep}
    assert not written.keys() & kept.keys()
    assert {*written, *kept} == wanted.keys()
    assert set(disk) - set(plan.drop) <= wanted.keys()
    for part, file in kept.items():
        assert (file.fingerprint, file.sha256) == (wanted[part], disk[part])


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"))
VALUES: dict[str, Any] = {
    "uuid": st.uuids().map(str),
    "text": TEXT,
    "date": st.dates(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "double precision": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "text[]": st.lists(TEXT),
}
COLUMNS = [ExportedColumn(f"c{n}", pg_type, None) for n, pg_type in enumerate(TYPES)]
ROWS = st.lists(
    st.tuples(*(st.none() | VALUES[column.pg_type] for column in COLUMNS)), min_size=1, max_size=5
)


def test_every_type_is_tried() -> None:
    assert VALUES.keys() == TYPES.keys()


@given(rows=ROWS)
def test_rows_are_read_as_they_were_copied(rows: list[tuple[Any, ...]]) -> None:
    frame = read_month(as_copied(rows), COLUMNS)
    assert frame.rows() == rows
    assert frame.schema == {column.name: column.parquet_type for column in COLUMNS}


def as_copied(rows: list[tuple[Any, ...]]) -> bytes:
    """CSV as COPY writes it: null is nothing, an empty text is quoted."""
    lines = [
        ",".join(column.name for column in COLUMNS),
        *(",".join("" if value is None else _written(value) for value in row) for row in rows),
    ]
    return ("\n".join(lines) + "\n").encode()


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list):
        value = json.dumps(value, ensure_ascii=False)
    return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else str(value)
