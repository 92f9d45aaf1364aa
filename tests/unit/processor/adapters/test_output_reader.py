"""Which ledgers an opening may use, and which it has to fill again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from kpr_stream.kafka.partition_reader import LogRange
from kpr_stream.model.topics import UNIT
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.adapters.output_reader import _usable
from kpr_stream.processor.state.entries import (
    LEDGER_TOPICS,
    id_entries,
    read_ids,
    unit_entry_key,
    watermark,
    watermark_key,
)

PARTITION = TopicPartition(UNIT, 0)
UNITS = 2_000
NOW = 1_000
IDS = dict.fromkeys(LEDGER_TOPICS, "rt2zICjRRxu5lGtok46dnA")


def units_in_a_table(path: Path) -> None:
    """A closed ledger: unit states in a table, the watermark in the write-ahead log."""
    ledger = Ledger(path, LedgerMemory())
    ledger.write({unit_entry_key(n.to_bytes(16, "big")): bytes(100) for n in range(UNITS)})
    ledger._db.flush()
    ledger.write({watermark_key(UNIT): watermark(UNITS, NOW)})
    ledger.close()


def usable(path: Path, ids: Mapping[str, str] = IDS) -> bool:
    ledger = Ledger(path, LedgerMemory())
    try:
        return _usable(ledger, {PARTITION: LogRange(0, UNITS)}, ids, NOW)
    finally:
        ledger.close()


def test_a_ledger_is_usable_unless_a_unit_state_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "lane-0"
    units_in_a_table(path)
    assert usable(path)
    for table in path.glob("*.sst"):
        content = bytearray(table.read_bytes())
        content[100:120] = b"\xff" * 20
        table.write_bytes(content)
    assert not usable(path)


def test_a_ledger_of_a_topic_that_was_made_again_is_not_usable(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "lane-0"
    units_in_a_table(path)
    assert usable(path), "an earlier release wrote no ids"
    ledger = Ledger(path, LedgerMemory())
    ledger.write(id_entries(IDS))
    assert read_ids(ledger.get) == IDS
    ledger.close()
    assert usable(path)
    assert not caplog.records
    for topic in LEDGER_TOPICS:
        caplog.clear()
        assert not usable(path, IDS | {topic: "another"})
        assert [(r.levelno, topic in r.getMessage()) for r in caplog.records] == [
            (logging.ERROR, True)
        ]
