"""The books: deliveries, first receipt parts and causes in headers, compared by delivery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from kpr_stream.audit.books import Books, Fault, Section, SourcePartition
from kpr_stream.kafka.read_topic import TopicRecord
from kpr_stream.model import topics
from kpr_stream.model.words import MessageType, System
from tests.support.as_read import as_read
from tests.support.deliveries import NOW_MS, consultation, source_record
from tests.support.receiver import Receiver

SYSTEM: Final = System.VISMA_HSPRO
LANE: Final = source_record().partition
PLACE: Final = SourcePartition(SYSTEM, LANE)
BAD: Final = {"start": None}
DELIVERIES: Final = 5


@pytest.fixture(scope="module", name="written")
def _written() -> list[TopicRecord]:
    """All that the pipeline writes for deliveries of every kind."""
    receiver = Receiver()
    receiver.take(
        source_record(message_type=MessageType.HELLO, offset=0),
        source_record([consultation(1), consultation(2, **BAD)], sequence=1, offset=1),
        source_record([], sequence=2, offset=2),
        source_record([consultation(3)], sequence=9, offset=3),
        source_record([consultation(1, operation="delete"), consultation(1)], sequence=3, offset=4),
    )
    return [as_read(record, LANE) for record in receiver.written]


def faults(
    records: Sequence[TopicRecord], *, first: int = 0, committed: int = DELIVERIES, **more: Any
) -> list[tuple[int, Fault]]:
    books = Books({PLACE: first}, **more)
    for record in records:
        books.add(record)
    found = books.check({PLACE: Section(committed=committed, end=DELIVERIES)})
    return [(one.offset, one.fault) for one in found]


def of_topic(topic: str) -> Callable[[TopicRecord], bool]:
    return lambda record: record.topic == topic


RECEIPTS: Final = of_topic(topics.receipt_topic(SYSTEM))
ROWS: Final = of_topic(topics.CONSULTATION)
ITEMS: Final = of_topic(topics.QUARANTINE)


def test_deliveries_of_every_kind_balance(written: list[TopicRecord]) -> None:
    assert faults(written) == []
    assert faults(written, committed=2) == []


def test_a_delivery_without_receipt_is_found(written: list[TopicRecord]) -> None:
    kept = [r for r in written if not RECEIPTS(r)]
    assert [offset for offset, fault in faults(kept) if fault is Fault.NO_RECEIPT] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert faults(kept, committed=0) == []


def test_a_second_receipt_is_found_also_when_it_comes_later(written: list[TopicRecord]) -> None:
    (hello, *_) = filter(RECEIPTS, written)
    assert faults([*written, hello]) == [(0, Fault.DOUBLE_RECEIPT)]
    books = Books({PLACE: 0})
    for record in written:
        books.add(record)
    sections = {PLACE: Section(committed=DELIVERIES, end=DELIVERIES)}
    assert books.check(sections) == []
    books.add(hello)
    assert [one.fault for one in books.check(sections)] == [Fault.DOUBLE_RECEIPT]


def test_a_lost_row_and_a_lost_item_are_found(written: list[TopicRecord]) -> None:
    assert faults([r for r in written if not ROWS(r)]) == [(1, Fault.ROWS_MISSING)]
    assert faults([r for r in written if not ITEMS(r)]) == [(1, Fault.QUARANTINE_DIFFERS)]
    (item,) = filter(ITEMS, written)
    assert faults([*written, item]) == [(1, Fault.QUARANTINE_DIFFERS)]


def test_outputs_of_a_delivery_that_was_never_sent_are_found(written: list[TopicRecord]) -> None:
    books = Books({PLACE: 0})
    for record in written:
        books.add(record)
    found = books.check({PLACE: Section(committed=1, end=1)})
    assert {one.fault for one in found} == {Fault.NO_DELIVERY}


def test_deliveries_before_the_first_are_left_out(written: list[TopicRecord]) -> None:
    assert faults(written, first=2) == []
    assert faults([], first=DELIVERIES) == []


def test_outputs_that_may_be_compacted_are_not_missed(written: list[TopicRecord]) -> None:
    kept = [r for r in written if not ROWS(r) and not ITEMS(r)]
    assert faults(kept, outputs_since=NOW_MS + 1) == []
    assert faults(kept, outputs_since=NOW_MS) != []


def test_totals_say_how_many_were_compared_and_how_many_differ(
    written: list[TopicRecord],
) -> None:
    books = Books({PLACE: 0})
    for record in written:
        if not ITEMS(record):
            books.add(record)
    books.check({PLACE: Section(committed=DELIVERIES, end=DELIVERIES)})
    assert books.compared[SYSTEM] == DELIVERIES
    assert books.imbalance == {(SYSTEM, Fault.QUARANTINE_DIFFERS): 1}


def test_outputs_of_an_earlier_topic_of_the_same_name_are_left_out(
    written: list[TopicRecord],
) -> None:
    earlier = [replace(record, timestamp=NOW_MS) for record in written]
    sections = {PLACE: Section(committed=0, end=0)}
    books = Books({PLACE: 0}, since={PLACE: NOW_MS + 1})
    for record in earlier:
        books.add(record)
    assert books.check(sections) == []
    books = Books({PLACE: 0}, since={PLACE: NOW_MS})
    for record in earlier:
        books.add(record)
    assert {one.fault for one in books.check(sections)} == {Fault.NO_DELIVERY}
