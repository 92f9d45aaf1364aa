"""Headers and ledger entries made for many rows are those that are made for each record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.header import HeaderStatus, LedgerHeader, PackedHeader
from kpr_stream.model.topics import CONSULTATION
from kpr_stream.processor.emit.packed_headers import Caused
from kpr_stream.processor.state.entries import consultation_entry_key, entries_of

KEY = bytes(range(16))
keys = st.binary(min_size=16, max_size=16)
longs = st.integers(-(2**63), 2**63 - 1)
headers = st.builds(
    LedgerHeader,
    source_topic=st.integers(0, 255),
    source_offset=longs,
    status=st.just(HeaderStatus.LIVE),
    extracted_at=longs,
    sequence=longs,
    natural_key=keys,
    person_key=keys,
    content_hash=keys,
    system=st.integers(0, 255),
)


def in_columns(made: list[LedgerHeader]) -> Caused:
    def numbers(name: str) -> Any:
        return np.array([getattr(one, name) for one in made], np.int64)

    def bytes_of(name: str) -> Any:
        return np.frombuffer(b"".join(getattr(o, name) for o in made), np.uint8).reshape(-1, 16)

    whole = ("source_topic", "source_offset", "system", "extracted_at", "sequence")
    hashed = ("natural_key", "person_key", "content_hash")
    return Caused(
        **{name: numbers(name) for name in whole}, **{name: bytes_of(name) for name in hashed}
    )


@given(st.lists(headers, min_size=1, max_size=5))
def test_both_have_the_same_bytes(made: list[LedgerHeader]) -> None:
    caused = in_columns(made)
    assert caused.headers() == [one.pack() for one in made]
    for header, entry in zip(made, caused.entries(), strict=True):
        one = entries_of(CONSULTATION, KEY.hex().encode(), b"", header, known=lambda _: None)
        assert one[consultation_entry_key(KEY)] == entry


@given(headers)
def test_a_packed_header_is_the_header(header: LedgerHeader) -> None:
    packed = PackedHeader(header.pack())
    assert packed == header
    assert header == packed
    assert hash(packed) == hash(header)
    assert packed.pack() == header.pack()
    assert packed.source_offset == header.source_offset
    assert repr(packed) == repr(header)
    assert packed != PackedHeader(bytes(80))


def test_a_packed_header_has_no_other_field() -> None:
    with pytest.raises(AttributeError):
        _ = PackedHeader(bytes(80)).no_field
