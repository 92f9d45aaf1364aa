"""The balance of topics: what is lost, doubled or put in another unit is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

import pytest

from kpr_stream.audit.balance import Balance, outcomes_of, subtract, unbalanced
from kpr_stream.kafka.read_topic import TopicRecord
from kpr_stream.model import topics
from kpr_stream.model.words import ReceiptStatus, RecordStatus, System
from kpr_stream.schemas import wire
from tests.support.as_read import as_read
from tests.support.deliveries import ORG_NR, OTHER_ORG_NR, consultation, source_record
from tests.support.receiver import Receiver

SYSTEM: Final = System.VISMA_HSPRO
UNIT: Final = (SYSTEM.value, ORG_NR)
LANE: Final = source_record().partition
RECEIPTS: Final = topics.receipt_topic(SYSTEM)
SENT: Final = {UNIT: 5}


@pytest.fixture(scope="module", name="written")
def _written() -> list[TopicRecord]:
    """All that is written for five items: three accepted, one rejected, one deletion."""
    receiver = Receiver()
    receiver.take(
        source_record([consultation(1), consultation(2, start=None)], sequence=1, offset=0),
        source_record([consultation(3), consultation(4)], sequence=2, offset=1),
        source_record([consultation(1, operation="delete")], sequence=3, offset=2),
    )
    return [as_read(record, LANE) for record in receiver.written]


def counted(records: Iterable[TopicRecord]) -> Balance:
    found = Balance()
    for record in records:
        found.add(record)
    return found


def of_topic(topic: str) -> Callable[[TopicRecord], bool]:
    return lambda record: record.topic == topic


def test_what_the_pipeline_writes_balances(written: list[TopicRecord]) -> None:
    books = counted(written)
    assert unbalanced(books, SENT) == []
    assert books.doubled == 0
    assert books.live == 2
    assert sorted(books.statuses.values()).count(RecordStatus.DELETED) == 1
    outcomes = outcomes_of(books, [UNIT])
    assert (outcomes["accepted"], outcomes["rejected"], sum(outcomes.values())) == (3, 1, 5)
    assert outcomes_of(books, [(SYSTEM.value, OTHER_ORG_NR)]) == dict.fromkeys(outcomes, 0)


def test_items_that_were_sent_and_not_received_are_seen(written: list[TopicRecord]) -> None:
    assert unbalanced(counted(written), {UNIT: 6}) == [UNIT]
    assert unbalanced(counted([]), SENT) == [UNIT]


def test_a_unit_that_nobody_has_sent_for_is_seen(written: list[TopicRecord]) -> None:
    assert unbalanced(counted(written), {}) == [UNIT]


def test_a_loss_in_one_unit_is_not_hidden_by_a_double_in_another(
    written: list[TopicRecord],
) -> None:
    other = (SYSTEM.value, OTHER_ORG_NR)
    assert unbalanced(counted(written), {UNIT: 4, other: 1}) == sorted([UNIT, other])


def test_a_lost_quarantined_item_is_seen(written: list[TopicRecord]) -> None:
    lost = [one for one in written if not of_topic(topics.QUARANTINE)(one)]
    assert len(lost) == len(written) - 1
    assert unbalanced(counted(lost), SENT) == [UNIT]


@pytest.mark.parametrize("topic", [RECEIPTS, topics.CONSULTATION])
def test_a_record_that_was_written_twice_is_seen(written: list[TopicRecord], topic: str) -> None:
    (one, *_) = filter(of_topic(topic), written)
    assert counted([*written, one]).doubled == 1


def test_the_answer_to_a_replay_and_later_parts_of_a_receipt_count_nothing(
    written: list[TopicRecord],
) -> None:
    (one, *_) = filter(of_topic(RECEIPTS), written)
    assert one.value is not None
    receipt = wire.decode("receipt", one.value)
    changed = (receipt | {"status": ReceiptStatus.REPLAYED.value}, receipt | {"part": 2})
    more = [replace(one, value=wire.encode("receipt", value)) for value in changed]
    books = counted([*written, *more])
    assert (books.doubled, unbalanced(books, SENT)) == (0, [])


def test_a_key_without_a_value_is_live_no_longer(written: list[TopicRecord]) -> None:
    rows = list(filter(of_topic(topics.CONSULTATION), written))
    books = counted([*written, *(replace(row, value=None) for row in rows)])
    assert (books.live, dict(books.statuses)) == (0, {})


def test_the_counts_between_two_readings_are_those_of_the_later_records(
    written: list[TopicRecord],
) -> None:
    (third,) = list(filter(of_topic(RECEIPTS), written))[2:]
    upto = written.index(third)
    before, after = counted(written[:upto]), counted(written)
    between = subtract(after, before)
    assert between.received == {UNIT: 1}
    assert sum(outcomes_of(between, [UNIT]).values()) == 1
    assert len(between.receipts) == 1
    assert between.statuses == after.statuses
    assert sum(subtract(after, after).received.values()) == 0
