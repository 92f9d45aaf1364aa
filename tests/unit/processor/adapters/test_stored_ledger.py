"""A ledger that an earlier release made is opened, read and decided on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.model import topics
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from tests.support import stored
from tests.support.deliveries import NOW_MS, source_record

RECEIPTS = topics.receipt_topic(stored.FIRST)
KINDS = frozenset("ucanspowrkQqlh")
"""The mark of every kind of entry."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(stored.unpack_ledger(tmp_path), LedgerMemory())
    try:
        yield opened
    finally:
        opened.close()


def decided(ledger: Ledger, **delivery: Any) -> dict[str, Any]:
    """The receipt of a delivery that the earlier release has not seen."""
    lane = stored.StoredLane(ledger)
    lane.take(source_record(offset=100, received_at=NOW_MS + 60 * stored.MINUTE, **delivery))
    return lane.read(RECEIPTS, "receipt")[-1]


def test_its_entries_are_those_that_were_written(ledger: Ledger) -> None:
    expected = stored.ENTRIES.read_text("utf-8")
    assert {line[0] for line in expected.splitlines()} == KINDS
    assert stored.digests(ledger.entries()) == expected


def test_a_delivery_that_it_knows_is_repeated(ledger: Ledger) -> None:
    lane = stored.StoredLane(ledger)
    payload = stored.CONSULTATIONS.read_bytes()
    lane.take(stored.first_delivery(payload, offset=100, attempt=2))
    assert lane.read(RECEIPTS, "receipt")[-1]["status"] == "repeated"


def test_an_item_that_it_knows_is_a_duplicate_or_corrected(ledger: Ledger) -> None:
    payload = stored.CORRECTIONS.read_bytes()
    receipt = decided(ledger, payload=payload, item_count=2, sequence=4)
    counts = {name: count for name, count in receipt["counts"].items() if count}
    assert (receipt["status"], counts) == ("processed", {"duplicate": 1, "corrected": 1})


def test_a_sequence_that_it_does_not_expect_is_out_of_order(ledger: Ledger) -> None:
    receipt = decided(ledger, sequence=9)
    assert (receipt["status"], receipt["expected_sequence"]) == ("out_of_order", 4)
