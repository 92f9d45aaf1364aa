"""Turn fetched records into what the database has to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.foreign import foreign_record, require_ledger_header
from kpr_stream.sinks.decode import csv_of, frame_of, rows_of
from kpr_stream.sinks.latest import SinkRecord, key_as_uuid, latest_per_key
from kpr_stream.sinks.tables import SinkTable


@dataclass(frozen=True, slots=True)
class TableWrite:
    """What one batch does to one table. Erasures are (key, epoch, partition, offset)."""

    table: SinkTable
    csv: bytes
    rows: int
    erasures: Sequence[tuple[UUID, int, int, int]]


def write_of(
    table: SinkTable, records: Sequence[SinkRecord], epochs: Mapping[int, int]
) -> TableWrite:
    """Return one table's part of a batch: the last record per key, decoded, and the erased keys.

    ``epochs`` gives the rebuild count of every partition. WireFormatError names a bad record.
    """
    for r in records:
        # Of every record, decodable or not: a tombstone of somebody else would erase a row.
        require_ledger_header((table.topic, r.partition, r.offset), r.headers)
    latest = latest_per_key(records)
    erasures = [
        (_erased_key(table, r), epochs[r.partition], r.partition, r.offset) for r in latest.erasures
    ]
    if not latest.upserts:
        return TableWrite(table, b"", 0, erasures)
    frame = frame_of(table, latest.upserts)
    rows = rows_of(table, frame, latest.upserts, epochs)
    return TableWrite(table, csv_of(rows), rows.height, erasures)


def _erased_key(table: SinkTable, record: SinkRecord) -> UUID:
    try:
        return key_as_uuid(record.key)
    except WireFormatError as cause:
        place = (table.topic, record.partition, record.offset)
        raise foreign_record(place, cause.message) from None
