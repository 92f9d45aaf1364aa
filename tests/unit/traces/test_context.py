"""The header that a sender writes: bounded, checked, ignored if it is anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.traces.context import HEADER, LONGEST, ids, of_headers, valid, written

GOOD = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_value_of_the_form_is_kept() -> None:
    assert len(GOOD) == LONGEST
    assert valid(GOOD) == GOOD.decode()
    assert of_headers([("other", b"x"), (HEADER, GOOD)]) == GOOD.decode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        GOOD + b"-more",
        GOOD.upper(),
        GOOD.replace(b"00-4", b"01-4"),
        b"00-" + b"0" * 32 + GOOD[35:],
        GOOD[:36] + b"0" * 16 + GOOD[52:],
        GOOD[:-1] + b"\n",
        b"01815012345".ljust(LONGEST, b"0"),
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0é".encode(),
    ],
)
def test_another_value_is_ignored(value: bytes | None) -> None:
    assert valid(value) is None
    assert of_headers([(HEADER, value)]) is None


def test_only_the_first_header_of_the_name_is_read() -> None:
    assert of_headers([(HEADER, b"x"), (HEADER, GOOD)]) is None
    assert of_headers(None) is None
    assert of_headers([]) is None


@given(st.binary(max_size=80))
def test_no_bytes_raise(value: bytes) -> None:
    assert valid(value) is None or valid(value) == value.decode("ascii")


@given(
    st.integers(min_value=1, max_value=2**128 - 1),
    st.integers(min_value=1, max_value=2**64 - 1),
    st.booleans(),
)
def test_what_is_written_is_read_back(trace: int, span: int, flag: object) -> None:
    text = written(trace, span, sampled=bool(flag))
    assert valid(text.encode()) == text
    assert ids(text) == (trace, span)
