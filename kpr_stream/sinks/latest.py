"""Pick the records of a batch that are written: the last one of every key. Pure.

Topics are compacted by key, so the last record of a key replaces all earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from kpr_stream.errors import WireFormatError
from kpr_stream.model.person_id import KEY_BYTES


class SinkRecord(Protocol):
    """The parts of a Kafka record that a sink reads."""

    @property
    def partition(self) -> int:
        """Lane."""

    @property
    def offset(self) -> int:
        """Offset in the partition."""

    @property
    def key(self) -> bytes | None:
        """Sixteen bytes, or their 32 hexadecimal digits."""

    @property
    def value(self) -> bytes | None:
        """A framed Avro record; None if the key was erased."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """The ledger header, on every record of the processor."""

    @property
    def timestamp(self) -> int:
        """The broker's time of the delivery or command that caused the record, in ms."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The last record per partition and key: what to merge, and what to erase."""

    upserts: list[SinkRecord]
    erasures: list[SinkRecord]


def latest_per_key(records: Iterable[SinkRecord]) -> Latest:
    """Return the last record of every key within its partition; records are in offset order."""
    last = {(record.partition, record.key): record for record in records}
    upserts: list[SinkRecord] = []
    erasures: list[SinkRecord] = []
    for record in last.values():
        (erasures if record.value is None else upserts).append(record)
    return Latest(upserts, erasures)


def key_as_uuid(key: bytes | None) -> UUID:
    """Return a record key as the database keeps it; WireFormatError if it is not a keyed hash."""
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
