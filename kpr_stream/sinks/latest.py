"""What of a batch is to be written: the last record of every key. Pure.

Topics are compacted by key, so an earlier record of a key says nothing that a later one keeps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from kpr_stream.errors import WireFormatError
from kpr_stream.model.person_id import KEY_BYTES


class Record(Protocol):
    """What a sink reads of a Kafka record."""

    @property
    def partition(self) -> int:
        """Lane."""

    @property
    def offset(self) -> int:
        """Place in the partition."""

    @property
    def key(self) -> bytes | None:
        """Sixteen bytes, or their 32 hexadecimal digits."""

    @property
    def value(self) -> bytes | None:
        """A framed Avro record; None says that the key was erased."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The last record per partition and key: what to merge, and what to erase."""

    upserts: list[Record]
    erasures: list[Record]


def latest_per_key(records: Iterable[Record]) -> Latest:
    """The last record of every key within its partition; records come in order of offset."""
    last = {(record.partition, record.key): record for record in records}
    upserts: list[Record] = []
    erasures: list[Record] = []
    for record in last.values():
        (erasures if record.value is None else upserts).append(record)
    return Latest(upserts, erasures)


def key_as_uuid(key: bytes | None) -> UUID:
    """A record key as the database keeps it; WireFormatError if it is no keyed hash."""
    if key is not None and len(key) == KEY_BYTES:
        return UUID(bytes=key)
    try:
        if key is not None and len(key) == 2 * KEY_BYTES:
            return UUID(bytes=bytes.fromhex(key.decode("ascii")))
    except ValueError:
        pass
    raise WireFormatError(
        f"A record key is not a keyed hash of {KEY_BYTES} bytes or their hexadecimal digits.",
        what_to_do="Only the processor may write output topics.",
        code="UNDECODABLE",
    )
