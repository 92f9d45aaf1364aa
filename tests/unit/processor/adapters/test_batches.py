"""The records of a transaction keep their order in the batches, and every one has its place."""

from __future__ import annotations

import threading
from collections import defaultdict
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch

from kpr_stream.model.header import HEADER_NAME, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import CONSULTATION, IDENTITY, UNIT
from kpr_stream.processor.adapters.batches import Headers, in_batches
from kpr_stream.processor.adapters.producer import IN_THREAD_RECORDS, LaneProducer
from tests.support.no_broker import NO_BROKER

HEADER = LedgerHeader(source_topic=0, source_offset=0)
ROOM = 1_000
"""Bytes of a batch: some ten records."""


def records(count: int) -> list[OutputRecord]:
    return [
        OutputRecord((CONSULTATION, IDENTITY)[n % 3 == 0], b"k%d" % n, b"v" * 60, HEADER, n)
        for n in range(count)
    ]


def headers(record: OutputRecord) -> Headers:
    return ((HEADER_NAME, record.key),)


def builder() -> BatchBuilder:
    return BatchBuilder(ROOM, 0, is_transactional=1)


def read(batch: BatchBuilder) -> list[tuple[bytes, bytes, int, list[tuple[str, bytes]]]]:
    found = DefaultRecordBatch(bytes(batch._build()))
    return [(r.key, r.value, r.timestamp, [*r.headers]) for r in found]


def test_every_record_is_where_its_place_says_and_topics_keep_their_order() -> None:
    made = records(100)
    batched = in_batches(made, headers, builder)
    held = {id(batch): read(batch.builder) for batch in batched.batches}
    for record, (batch, place) in zip(made, batched.places, strict=True):
        assert batch.topic == record.topic
        own = [(HEADER_NAME, record.key)]
        assert held[id(batch)][place] == (record.key, record.value, record.timestamp, own)
    order: dict[str, list[bytes]] = defaultdict(list)
    for batch in batched.batches:
        order[batch.topic] += [key for key, *_ in held[id(batch)]]
    assert len(batched.batches) > len(order) == 2
    for topic, keys in order.items():
        assert keys == [r.key for r in made if r.topic == topic]


def test_a_record_larger_than_a_batch_is_sent_alone() -> None:
    large = OutputRecord(UNIT, b"large", b"v" * 3 * ROOM, HEADER, 1)
    small = OutputRecord(UNIT, b"small", b"v", HEADER, 1)
    batched = in_batches([small, large, small], headers, builder)
    assert [[key for key, *_ in read(b.builder)] for b in batched.batches] == [
        [b"small"],
        [b"large"],
        [b"small"],
    ]


@pytest.mark.parametrize(
    ("count", "in_thread"), [(IN_THREAD_RECORDS - 1, False), (IN_THREAD_RECORDS, True)]
)
async def test_many_records_are_appended_off_the_event_loop(count: int, in_thread: bool) -> None:  # noqa: FBT001 - a parameter
    made_in = set()
    sent = []

    def new_builder() -> BatchBuilder:
        made_in.add(threading.get_ident())
        return builder()

    async def send_batch(batch: BatchBuilder, topic: str, *, partition: int) -> Any:
        sent.append((topic, batch.record_count(), partition))
        return SimpleNamespace()

    producer = LaneProducer(NO_BROKER, transactional_id="kpr-hst-3", lane=3)
    producer._producer = cast(
        "Any",
        SimpleNamespace(create_batch=new_builder, send_batch=send_batch, _txn_manager=None),
    )
    handed_over = await producer.produce(records(count))
    assert len(handed_over) == sum(number for _, number, _ in sent) == count
    assert {lane for *_, lane in sent} == {3}
    assert made_in != {threading.get_ident()} if in_thread else made_in == {threading.get_ident()}
