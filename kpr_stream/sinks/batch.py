"""Turn fetched records into what the database has to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.foreign import foreign_record, require_ledger_header
from kpr_stream.sinks.decode import csv_of, frame_of, is_newest, rows_of, version_columns
from kpr_stream.sinks.history import since_erased_persons, since_tombstones
from kpr_stream.sinks.latest import SinkRecord, key_as_uuid, latest_per_key
from kpr_stream.sinks.tables import NEWEST, STATUS, SinkTable

Erasure = tuple[UUID, int, int, int]
"""Key, epoch, partition and offset of a record that erases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWrite:
    """What one batch does to one table: the rows to stage, and what is erased.

    ``rows`` is the number of staged rows, ``keys`` of their keys. ``erasures`` are keys that the
    table loses, ``version_erasures`` keys that lose their versions before an offset.
    """

    table: SinkTable
    csv: bytes = b""
    rows: int = 0
    keys: int = 0
    erasures: Sequence[Erasure] = ()
    version_erasures: Sequence[Erasure] = ()


def write_of(
    table: SinkTable, records: Sequence[SinkRecord], epochs: Mapping[int, int]
) -> TableWrite:
    """Return one table's part of a batch: rows, decoded, and erased keys.

    The rows are the last record per key; with history, every record, and a mark on the last one.
    ``epochs`` gives the rebuild count of every partition. WireFormatError names a bad record.
    """
    for r in records:
        # Of every record, decodable or not: a tombstone of somebody else would erase a row.
        require_ledger_header((table.topic, r.partition, r.offset), r.headers)
    if table.history:
        return _with_versions(table, records, epochs)
    latest = latest_per_key(records)
    erasures = [_erasure(table, r, epochs) for r in latest.erasures]
    if not latest.upserts:
        return TableWrite(table=table, erasures=erasures)
    frame = frame_of(table, latest.upserts)
    rows = rows_of(table, frame, latest.upserts, epochs)
    return TableWrite(
        table=table, csv=csv_of(rows), rows=rows.height, keys=rows.height, erasures=erasures
    )


def _with_versions(
    table: SinkTable,
    records: Sequence[SinkRecord],
    epochs: Mapping[int, int],
) -> TableWrite:
    found = since_tombstones(records)
    erasures = [_erasure(table, r, epochs) for r in found.forgotten]
    if not found.versions:
        gone = [_erasure(table, r, epochs) for r in found.erasures]
        return TableWrite(table=table, erasures=erasures, version_erasures=gone)
    frame = frame_of(table, found.versions)
    kept = since_erased_persons(found, frame[STATUS].to_list(), table.topic)
    if len(kept.versions) < frame.height:
        stays = {(r.partition, r.offset) for r in kept.versions}
        frame = frame.filter([(r.partition, r.offset) in stays for r in found.versions])
    rows = rows_of(table, frame, kept.versions, epochs).with_columns(
        *version_columns(kept.versions, table.topic), is_newest(table)
    )
    return TableWrite(
        table=table,
        csv=csv_of(rows),
        rows=rows.height,
        keys=int(rows[NEWEST].sum()),
        erasures=erasures,
        version_erasures=[_erasure(table, r, epochs) for r in kept.erasures],
    )


def _erasure(table: SinkTable, record: SinkRecord, epochs: Mapping[int, int]) -> Erasure:
    try:
        key = key_as_uuid(record.key)
    except WireFormatError as cause:
        place = (table.topic, record.partition, record.offset)
        raise foreign_record(place, cause.message) from None
    return key, epochs[record.partition], record.partition, record.offset
