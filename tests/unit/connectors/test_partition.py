from __future__ import annotations

import pytest
from aiokafka.partitioner import DefaultPartitioner, murmur2

from kpr_stream.connectors.partition import partition_of, record_key
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.simulate.identifiers import org_nr


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        # The vectors of Kafka's own UtilsTest.testMurmur2.
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_that_of_kafka(text: bytes, signed: int) -> None:
    assert murmur2(text) == signed % 2**32


def test_the_partition_is_what_the_default_partitioner_of_java_clients_gives() -> None:
    every = list(range(PARTITIONS))
    chosen = {partition_of(org_nr(n)) for n in range(200)}
    assert chosen == set(every)
    for n in range(200):
        number = org_nr(n)
        assert partition_of(number) == DefaultPartitioner()(record_key(number), every, every)


def test_the_key_is_nine_digits() -> None:
    assert record_key("800000009") == b"800000009"
