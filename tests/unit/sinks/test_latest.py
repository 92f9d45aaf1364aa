"""What of a batch is written."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.errors import WireFormatError
from kpr_stream.sinks.latest import key_as_uuid, latest_per_key
from tests.support.sink_records import Incoming


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans())))
def test_the_last_record_of_every_key_in_its_partition(steps: list[tuple[int, int, bool]]) -> None:
    records = [
        Incoming(partition, offset, bytes([key]), None if gone else b"v")
        for offset, (partition, key, gone) in enumerate(steps)
    ]
    latest = latest_per_key(records)
    expected = {}
    for record in records:
        expected[record.partition, record.key] = record
    assert {(r.partition, r.key): r for r in (*latest.upserts, *latest.erasures)} == expected
    assert all(r.value is None for r in latest.erasures)
    assert all(r.value is not None for r in latest.upserts)
    assert len(latest.upserts) + len(latest.erasures) == len(expected)


def test_a_key_is_sixteen_bytes_or_their_digits() -> None:
    key = UUID("a5000000-0000-0000-0000-00000000000b")
    assert key_as_uuid(key.bytes) == key
    assert key_as_uuid(key.hex.encode()) == key


@pytest.mark.parametrize("key", [None, b"", b"974767880", b"g" * 32, b"\xff" * 32, b"x" * 17])
def test_anything_else_is_no_key(key: bytes | None) -> None:
    with pytest.raises(WireFormatError):
        key_as_uuid(key)
