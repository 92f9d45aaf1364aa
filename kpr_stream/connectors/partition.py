"""Which partition a unit's deliveries go to: part of the contract."""

from __future__ import annotations

from aiokafka.partitioner import murmur2

from kpr_stream.model.topics import PARTITIONS


def record_key(org_nr: str) -> bytes:
    """Key of a unit's records: nine ASCII digits."""
    return org_nr.encode("ascii")


def partition_of(org_nr: str) -> int:
    """murmur2 of the key, without its sign bit, mod 8: what Kafka's Java client does."""
    return (int(murmur2(record_key(org_nr))) & 0x7FFFFFFF) % PARTITIONS
