"""The search for ids: in keys, values, headers, file names, and on the border of two reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from kpr_stream.audit.privacy import READ_BYTES, search_bytes, search_files, search_record
from kpr_stream.kafka.read_topic import TopicRecord

SHORT: Final = b"90909012345"
DUF: Final = b"909090123456"
"""Numbers that nobody can have: no month has a day 90."""
IDS: Final = frozenset({SHORT})


@pytest.mark.parametrize("text", [b"%s", b"a%sb", b"1%s", b"123%s456", b'{"fnr":"%s"}'])
def test_an_id_is_found_alone_and_within_more_digits(text: bytes) -> None:
    assert search_bytes(text % SHORT, IDS)
    assert not search_bytes(text % SHORT[::-1], IDS)


def test_a_duf_number_of_twelve_digits_is_found() -> None:
    assert search_bytes(b"9" + DUF, frozenset({DUF}))
    assert not search_bytes(DUF[:11], frozenset({DUF}))


def test_digits_with_anything_between_are_no_id() -> None:
    assert not search_bytes(SHORT[:6] + b" " + SHORT[6:], IDS)


@pytest.mark.parametrize(
    "part", [{"key": SHORT}, {"value": b"x" + SHORT}, {"headers": [("a", b"b"), ("c", SHORT)]}]
)
def test_each_part_of_a_record_is_searched_and_the_place_is_named_without_the_id(
    part: dict[str, Any],
) -> None:
    empty: dict[str, Any] = {"key": None, "value": None, "headers": []}
    clean = TopicRecord(topic="kpr.hst.unit", partition=3, offset=7, **empty)
    assert search_record(clean, IDS) is None
    found = search_record(
        TopicRecord(topic="kpr.hst.unit", partition=3, offset=7, **empty | part), IDS
    )
    assert found is not None
    assert found.place == "kpr.hst.unit partition 3 offset 7"


def test_files_are_searched_with_their_names_and_across_two_reads(tmp_path: Path) -> None:
    contents = {
        "border.log": b"x" * (READ_BYTES - 5) + SHORT,
        "late.log": b"x" * (READ_BYTES + 100) + SHORT,
        f"of-{SHORT.decode()}.log": b"",
        "clean.log": b"x" * READ_BYTES,
        "empty.log": b"",
    }
    for name, text in contents.items():
        (tmp_path / name).write_bytes(text)
    found = {leak.place for leak in search_files(sorted(tmp_path.iterdir()), IDS)}
    name = f"the name of a file in {tmp_path.name}"
    assert found == {"file border.log", "file late.log", name}
