"""The partitioner of the contract, against published vectors and Kafka's own Python client."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.partition import murmur2, partition_of


@pytest.mark.parametrize(
    ("text", "signed"),
    [("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536)],
)
def test_vectors_of_kafkas_own_tests(text: str, signed: int) -> None:
    assert murmur2(text.encode()) == signed % 2**32


@given(st.binary(max_size=40))
def test_agrees_with_the_client(data: bytes) -> None:
    assert murmur2(data) == reference(data)


def test_a_unit_has_one_partition() -> None:
    assert partition_of("974760673") == (murmur2(b"974760673") & 0x7FFFFFFF) % 8
