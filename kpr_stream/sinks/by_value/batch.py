"""Turn the records of such a topic into what the database has to do. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.foreign import NOT_OURS, RecordPlace, require_ledger_header, unreadable_record
from kpr_stream.sinks.by_value.tables import Row, ValueTable, ValueTopic
from kpr_stream.sinks.latest import SinkRecord, latest_per_key
from kpr_stream.sinks.source import EPOCH, OFFSET, PARTITION


@dataclass(frozen=True, slots=True)
class TableRows:
    """What one batch does to one table, as JSON arrays of rows: written, and erased by key."""

    table: ValueTable
    written: str
    erased: str


@dataclass(frozen=True, slots=True)
class ValueWrite:
    """What one batch of a topic does. ``rows`` counts the rows of its first table."""

    topic: ValueTopic
    tables: Sequence[TableRows]
    rows: int
    erasures: int


def value_write(
    topic: ValueTopic, records: Sequence[SinkRecord], epochs: Mapping[int, int]
) -> ValueWrite:
    """Return the rows of a batch. WireFormatError names a record that cannot be read."""
    for r in records if topic.from_processor else ():
        require_ledger_header(_place(topic, r), r.headers)
    upserts, erasures = list(records), []
    if topic.key_of is not None:
        latest = latest_per_key(records)
        upserts, erasures = latest.upserts, latest.erasures
    written: dict[str, list[Row]] = {table.name: [] for table in topic.tables}
    for record in upserts:
        source = _source(record, epochs)
        for name, rows in _rows(topic, record).items():
            written[name] += [{**row, **source} for row in rows]
    erased = [{**_key(topic, r), **_source(r, epochs)} for r in erasures]
    tables = [TableRows(table, _json(written[table.name]), _json(erased)) for table in topic.tables]
    return ValueWrite(topic, tables, len(written[topic.tables[0].name]), len(erased))


def _source(record: SinkRecord, epochs: Mapping[int, int]) -> dict[str, int]:
    return {EPOCH: epochs[record.partition], PARTITION: record.partition, OFFSET: record.offset}


def _rows(topic: ValueTopic, record: SinkRecord) -> Mapping[str, Sequence[Row]]:
    try:
        return topic.rows_of(record)
    except NOT_OURS as cause:
        if not topic.from_processor and isinstance(cause, WireFormatError):
            raise  # Its own text says who writes the record again.
        raise unreadable_record(_place(topic, record), cause) from None


def _key(topic: ValueTopic, record: SinkRecord) -> Row:
    try:
        return topic.key_of(record.key or b"") if topic.key_of is not None else {}
    except NOT_OURS as cause:
        raise unreadable_record(_place(topic, record), cause) from None


def _place(topic: ValueTopic, record: SinkRecord) -> RecordPlace:
    return topic.topic, record.partition, record.offset


def _json(rows: Sequence[Row]) -> str:
    # PostgreSQL cannot store a NUL character, as in decode.py.
    return json.dumps(rows, default=_text).replace("\\u0000", "\\ufffd")


def _text(value: Any) -> str:  # noqa: ANN401 - what json cannot write
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
