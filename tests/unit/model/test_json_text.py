"""What is wrong with a JSON text is reported for what it is, with line and column."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.json_text import JsonTextError, place_of_key, read_json

TEXT = '[\n  {"a": "å"}\n]'
WRONG: list[tuple[bytes, str]] = [
    (b"", "it is empty"),
    (b"\xef\xbb\xbf \n", "it is empty"),
    (TEXT.encode("utf-16"), "not UTF-8 but UTF-16 (line 1, column 1)"),
    (TEXT.encode("utf-16-le"), "not UTF-8 but UTF-16"),
    (TEXT.encode("utf-16-be"), "not UTF-8 but UTF-16"),
    (b"\xfe\xff" + TEXT.encode("utf-16-be"), "not UTF-8 but UTF-16"),
    (TEXT.encode("utf-32"), "not UTF-8 but UTF-32"),
    (TEXT.encode("utf-32-be"), "not UTF-8 but UTF-32"),
    (TEXT.encode("utf-32-le"), "not UTF-8 but UTF-32"),
    (TEXT.encode("latin-1"), "byte 11 is not UTF-8 (line 2, column 10)"),
    (b"\xef\xbb\xbf" + TEXT.encode("latin-1"), "byte 14 is not UTF-8 (line 2, column 10)"),
    (b"\0" * 512, "zero bytes only"),
    (b"[]" + b"\0" * 510, "ends in 510 zero bytes (line 1, column 3)"),
    (b"[\0", "ends in 1 zero bytes (line 1, column 2)"),
    (b'[\n{"a": "b' + b"\0" * 4096, "ends in 4096 zero bytes (line 2, column 9)"),
    (b'[{"a\0": 1}]', "it is not JSON (line 1, column 5)"),
    (b"[1,\n NaN]", "NaN or Infinity, which JSON does not have (line 2, column 2)"),
    (b'{"a": Infinity}', "(line 1, column 7)"),
    (b'{"NaN": "NaN",\n"b": [-Infinity]}', "(line 2, column 7)"),
    (b'[{"a": 1,\n  "a": 2}]', "has the key «a» twice (line 2, column 3)"),
    (b'{"a": {"b": 1}, "c": {"b": 1,\n"b": 2}}', "twice (line 2, column 1)"),
    (b'{"a": {"b": 1}, "\\u0061": 1}', "twice (line 1, column 17)"),
    (b'{"a": "{\\"a\\": 1", "a": 2}', "twice (line 1, column 20)"),
    (b'{"01810178928": 1, "01810178928": 2}', "has a key twice (line 1, column 20)"),
    (b'{"a": 1}\n{"a": 2}\n', "it is NDJSON: objects one after another, not one value (line 2"),
    (b'{"a": 1} {"a": 2}', "it is NDJSON"),
    (b"[]\n[]", "a second array begins after the first (line 2, column 1)"),
    (b"[] x", "more follows it (line 1, column 4)"),
    (b"[1, 2", "it ends too early (line 1, column 6)"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"a":' * 100_000, "nested too deeply"),
]


@pytest.mark.parametrize(("data", "cause"), WRONG, ids=[cause for _, cause in WRONG])
def test_a_fault_has_a_name_and_a_place(data: bytes, cause: str) -> None:
    with pytest.raises(JsonTextError) as caught:
        read_json(data, number=str)
    assert cause in str(caught.value)


def test_a_number_of_too_many_digits() -> None:
    with pytest.raises(JsonTextError, match="too many digits"):
        read_json(b"[" + b"9" * 5_000 + b"]")
    assert read_json(b"[" + b"9" * 5_000 + b"]", number=str) == ["9" * 5_000]


def test_no_value_is_reported() -> None:
    for data in (b'["01810178928" x]', b'{"a": "01810178928", "a": 1}', b'["01810178928", NaN]'):
        with pytest.raises(JsonTextError) as caught:
            read_json(data)
        assert "01810178928" not in str(caught.value)


def test_a_key_is_found_by_its_path() -> None:
    data = b'\xef\xbb\xbf{"codes": {"a": {"M": 1},\n  "b": {"M": 2}}}'
    assert place_of_key(data, ("codes", "b", "M")) == "line 2, column 9"
    assert place_of_key(data, ("codes", "c")) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["utf-8", "utf-8-sig"]))
def test_what_python_writes_is_read_with_or_without_a_mark(value: Any, encoding: str) -> None:
    for ascii_only in (False, True):
        assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode(encoding)) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(JsonTextError):
        read_json(data)
