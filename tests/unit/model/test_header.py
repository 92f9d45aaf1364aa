"""The ledger header: its size, its order of bytes, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.errors import WireFormatError
from kpr_stream.model.header import HEADER_BYTES, HeaderStatus, LedgerHeader, unpack
from kpr_stream.model.topics import SOURCE_TOPICS

LONG = st.integers(-(2**63), 2**63 - 1)
KEY = st.binary(min_size=16, max_size=16)
HEADERS = st.builds(
    LedgerHeader,
    source_topic=st.integers(0, 255),
    source_offset=LONG,
    status=st.sampled_from(HeaderStatus),
    extracted_at=LONG,
    sequence=LONG,
    natural_key=KEY,
    person_key=KEY,
    content_hash=KEY,
    system=st.integers(0, 255),
    revision=st.integers(0, 2**32 - 1),
)


@given(header=HEADERS)
def test_every_header_is_80_bytes_and_read_back(header: LedgerHeader) -> None:
    packed = header.pack()
    assert len(packed) == HEADER_BYTES == 80
    assert unpack(packed) == header


def test_the_layout_is_the_documented_one() -> None:
    header = LedgerHeader(
        source_topic=4,
        source_offset=5,
        status=HeaderStatus.SUPERSEDED,
        extracted_at=6,
        sequence=7,
        natural_key=b"n" * 16,
        person_key=b"p" * 16,
        content_hash=b"c" * 16,
        system=2,
        revision=8,
    )
    expected = "01 04 0000000000000005 03 02 0000000000000006 0000000000000007 00000008"
    assert header.pack() == bytes.fromhex(expected) + b"n" * 16 + b"p" * 16 + b"c" * 16


@given(data=st.binary(max_size=160))
def test_any_bytes_are_a_header_or_a_wire_format_error(data: bytes) -> None:
    try:
        header = unpack(data)
    except WireFormatError:
        return
    assert header.pack() == data


def test_a_header_of_another_length_version_or_status_is_refused() -> None:
    good = LedgerHeader(source_topic=0, source_offset=0).pack()
    unknown_status = good[:10] + b"\x09" + good[11:]
    cut = [good[:length] for length in range(len(good))]
    for bad in (*cut, good + b"\0", b"\x02" + good[1:], unknown_status):
        with pytest.raises(WireFormatError, match="ledger header"):
            unpack(bad)


def test_every_source_topic_has_an_index_that_fits() -> None:
    assert len(SOURCE_TOPICS) <= 256
