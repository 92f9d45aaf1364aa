"""A record that the processor did not write ends a catch-up with its place and a way on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kpr_stream.errors import WireFormatError
from kpr_stream.model.header import HEADER_NAME, LedgerHeader
from kpr_stream.model.topics import RECEIPT_TOPICS
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.adapters.output_reader import _entries
from kpr_stream.processor.state.entries import LEDGER_TOPICS, SourceProgress

OURS = [(HEADER_NAME, LedgerHeader(source_topic=0, source_offset=4).pack())]


@dataclass
class Foreign:
    key: bytes | None = 32 * b"a"
    value: bytes | None = b"rubbish"
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    partition: int = 3
    offset: int = 12
    timestamp: int = 1


@pytest.mark.parametrize("topic", [*LEDGER_TOPICS, *RECEIPT_TOPICS])
@pytest.mark.parametrize(
    "record",
    [
        Foreign(),
        Foreign(value=None),
        Foreign(key=None),
        Foreign(headers=[("other", b"")]),
        Foreign(headers=[(HEADER_NAME, b"short")]),
    ],
)
def test_it_is_named_by_topic_partition_and_offset(
    topic: str, record: Foreign, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "lane-3", LedgerMemory())
    try:
        with pytest.raises(WireFormatError, match=f"{topic}, partition 3, offset 12: ") as named:
            _entries(topic, [record], SourceProgress(ledger.get), ledger)
    finally:
        ledger.close()
    assert f"KPR_SKIP_RECORDS={topic}/3@12 " in named.value.what_to_do


@pytest.mark.parametrize("key", [None, b"\xff", b"zz", 32 * b"g", bytes(16)])
def test_a_key_of_other_bytes_under_our_header_is_named_too(
    key: bytes | None, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "lane-3", LedgerMemory())
    record = Foreign(key=key, headers=OURS)
    try:
        with pytest.raises(WireFormatError, match="partition 3, offset 12"):
            _entries("kpr.hst.consultation", [record], SourceProgress(ledger.get), ledger)
    finally:
        ledger.close()
