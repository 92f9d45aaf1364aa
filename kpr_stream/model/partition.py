"""The partition of a unit: murmur2 of its org_nr, mod 8. Part of the contract.

Kafka's Java client and the clients that follow it (KafkaJS, aiokafka, kafka-python) partition
keyed records this way by default; librdkafka needs the setting ``partitioner=murmur2_random``.
MurmurHash2 is Austin Appleby's, with the seed of ``org.apache.kafka.common.utils.Utils``.
"""

from __future__ import annotations

from kpr_stream.model.topics import PARTITIONS

_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_SHIFT = 24
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Return the MurmurHash2 of ``data`` as an unsigned 32-bit number."""
    whole = len(data) & ~3
    found = _SEED ^ len(data)
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * _MIX & _MASK
        word = (word ^ (word >> _SHIFT)) * _MIX & _MASK
        found = (found * _MIX & _MASK) ^ word
    if whole != len(data):
        found = (found ^ int.from_bytes(data[whole:], "little")) * _MIX & _MASK
    found = (found ^ (found >> 13)) * _MIX & _MASK
    return found ^ (found >> 15)


def partition_of(org_nr: str) -> int:
    """Return the partition, 0 to 7, of every delivery of a unit; ``org_nr`` is ASCII."""
    return (murmur2(org_nr.encode("ascii")) & 0x7FFFFFFF) % PARTITIONS
