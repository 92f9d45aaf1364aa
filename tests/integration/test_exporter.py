"""The exporter on a real broker: units, books that balance, a book that does not, a restart."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from kpr_stream.audit.books import Fault
from kpr_stream.errors import TopicChangedError
from kpr_stream.exporter.clock import ExporterClock
from kpr_stream.exporter.follow import Follower
from kpr_stream.exporter.run import places_of, snapshot_of
from kpr_stream.exporter.snapshot import Snapshot
from kpr_stream.exporter.units import Agreement
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import Role, delivery_topic, receipt_topic
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from tests.integration.at_work import Vendors, at_work, command_line, units_of_lane
from tests.support.deliveries import consultation
from tests.support.poll import HANGING_S

SYSTEM: Final = System.EG_INFODOC
GROUP: Final = "kpr-hst-exporter"
LANE: Final = 2
DELIVERIES: Final = 3
OPEN_S: Final = 2.0
"""How long a transaction is held open. A slower round passes too."""


async def test_units_and_books_are_told_from_the_topics_alone(
    clean_stack: Settings, tmp_path: Path
) -> None:
    heard, expected = units_of_lane(LANE, 2)
    agreed = ("--system", SYSTEM, "--from", "2026-01-01", "--reason", "New unit")
    bad = consultation(5, consultation_id="bad", start=None)
    async with at_work(clean_stack, tmp_path, group=GROUP) as work:
        code, _, err = await command_line(clean_stack, "registry", "agree", expected, *agreed)
        assert code == 0, err
        first = work.vendors.delivery(
            [consultation(1), bad], system=SYSTEM, org_nr=heard, sequence=1
        )
        empty = work.vendors.delivery([], system=SYSTEM, org_nr=heard, sequence=2)
        beyond = work.vendors.delivery([], system=SYSTEM, org_nr=heard, sequence=9)
        await work.receipts.of(*await work.vendors.send(first, empty, beyond))

        follower = Follower(kafka_access(clean_stack, Role.EXPORTER), GROUP, now=time.time)
        try:
            found = await _round(follower)
            units = {one.org_nr: one for one in found.units}
            assert units[expected].agreement is Agreement.EXPECTED
            assert units[expected].due is not None
            assert units[heard].last_delivery >= units[heard].last_content > 0
            assert units[heard].next_sequence == DELIVERIES
            assert found.rejected == {(heard, SYSTEM): 1}
            assert found.open_items[SYSTEM].number == 1
            assert found.books.compared[SYSTEM] == DELIVERIES
            assert not any(found.books.imbalance.values())

            await _write_a_receipt_again(clean_stack)
            broken = await _round(follower)
            assert broken.books.imbalance[SYSTEM, Fault.DOUBLE_RECEIPT] == 1

            follower.topic_ids[receipt_topic(SYSTEM)] = "the id of an earlier topic"
            with pytest.raises(TopicChangedError, match="made again"):
                await follower.round()
        finally:
            await follower.close()

        again = Follower(kafka_access(clean_stack, Role.EXPORTER), GROUP, now=time.time)
        try:
            after = await _round(again)
        finally:
            await again.close()
    assert after.books.imbalance == broken.books.imbalance
    assert {one.org_nr for one in after.units} == {heard, expected}
    assert after.rejected == broken.rejected


async def test_releases_and_what_nobody_has_processed_are_counted(
    clean_stack: Settings, tmp_path: Path
) -> None:
    (unit,) = units_of_lane(LANE, 1)
    group = f"{GROUP}-releases"
    follower = Follower(kafka_access(clean_stack, Role.EXPORTER), group, now=time.time)
    bad = consultation(5, consultation_id="bad", start=None)

    def release(version: str, found: Snapshot) -> dict[str, int]:
        counts = {what: n for (_, of, what), n in found.releases.items() if of == version and n}
        return dict(sorted(counts.items()))

    try:
        async with at_work(clean_stack, tmp_path, group=group) as work:

            async def answered(sequence: int, version: str, *items: dict[str, Any]) -> Snapshot:
                one = work.vendors.delivery(
                    items,
                    system=SYSTEM,
                    org_nr=unit,
                    sequence=sequence,
                    software_version=version,
                )
                await work.receipts.of(*await work.vendors.send(one))
                return await _round(follower)

            first = await answered(1, "4.1", consultation(1), consultation(2))
            assert release("4.1", first) == {}, "received before the exporter began to count"
            assert first.releases[SYSTEM, "4.1", "accepted"] == 0
            second = await answered(2, "4.1", consultation(3))
            third = await answered(3, "4.2", consultation(4), bad)
        assert release("4.1", second) == release("4.1", third) == {"accepted": 1}
        assert release("4.2", third) == {"accepted": 1, "rejected": 1}
        assert set(third.unprocessed) == set(SYSTEMS)
        assert not any(third.unprocessed.values())

        vendors = Vendors(clean_stack)
        try:
            await vendors.start()
            waiting = [
                vendors.delivery([], system=SYSTEM, org_nr=unit, sequence=sequence)
                for sequence in (4, 5)
            ]
            await vendors.send(*waiting)
        finally:
            await vendors.stop()
        without_a_worker = await _round(follower)
        assert without_a_worker.unprocessed == dict.fromkeys(SYSTEMS, 0) | {SYSTEM: len(waiting)}
        async with at_work(clean_stack, tmp_path, group=group):
            async with asyncio.timeout(HANGING_S):
                while any((await _round(follower)).unprocessed.values()):
                    pass
    finally:
        await follower.close()


async def test_a_delivery_is_compared_only_when_its_outputs_can_be_read(
    clean_stack: Settings, tmp_path: Path
) -> None:
    """A broker shows the offsets of a transaction before its outputs, or after."""
    (unit,) = units_of_lane(LANE, 1)
    group = f"{GROUP}-markers"
    async with at_work(clean_stack, tmp_path, group=group) as work:
        answered = work.vendors.delivery([], system=SYSTEM, org_nr=unit, sequence=1)
        await work.receipts.of(*await work.vendors.send(answered))
    follower = Follower(kafka_access(clean_stack, Role.EXPORTER), group, now=time.time)
    access = kafka_access(clean_stack, Role.ADMIN).for_aiokafka()
    vendors = Vendors(clean_stack)
    worker = AIOKafkaProducer(**access, transactional_id=f"{group}-by-hand")
    try:
        await _round(follower)
        await vendors.start()
        await worker.start()
        ((_, _, offset),) = await vendors.send(
            vendors.delivery([], system=SYSTEM, org_nr=unit, sequence=2)
        )
        async with worker.transaction():
            await _answer_like_the_first(clean_stack, worker, offset)
            await _commit(clean_stack, group, offset + 1)
            round_ = asyncio.create_task(_round(follower))
            done, _ = await asyncio.wait({round_}, timeout=OPEN_S)
            assert not done, "the round ended although a transaction was open"
        found = await asyncio.wait_for(round_, HANGING_S)
        assert found.books.compared[SYSTEM] == offset + 1
        assert not any(found.books.imbalance.values())
    finally:
        await worker.stop()
        await vendors.stop()
        await follower.close()


async def _round(follower: Follower) -> Snapshot:
    await follower.round()
    return snapshot_of(follower, ExporterClock(), places_of())


async def _write_a_receipt_again(settings: Settings) -> None:
    """Do what a worker would without its fence: answer a delivery a second time."""
    async with AIOKafkaProducer(**kafka_access(settings, Role.ADMIN).for_aiokafka()) as producer:
        await _write_like(await _first_receipt(settings), producer)


async def _answer_like_the_first(
    settings: Settings, producer: AIOKafkaProducer, offset: int
) -> None:
    """Answer the delivery at this offset with the first receipt's words."""
    one = await _first_receipt(settings)
    receipt = wire.decode("receipt", one.value) | {"source_offset": offset}
    await _write_like(one, producer, wire.encode("receipt", receipt))


async def _first_receipt(settings: Settings) -> ConsumerRecord:
    place = TopicPartition(receipt_topic(SYSTEM), LANE)
    access = kafka_access(settings, Role.ADMIN).for_aiokafka()
    async with AIOKafkaConsumer(**access, isolation_level="read_committed") as consumer:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        return await consumer.getone()


async def _write_like(
    one: ConsumerRecord, producer: AIOKafkaProducer, value: bytes | None = None
) -> None:
    await producer.send_and_wait(
        one.topic, value or one.value, key=one.key, partition=LANE, headers=list(one.headers)
    )


async def _commit(settings: Settings, group: str, offset: int) -> None:
    """Commit as the workers' group, whose workers have ended."""
    place = TopicPartition(delivery_topic(SYSTEM), LANE)
    access = kafka_access(settings, Role.ADMIN).for_aiokafka()
    async with AIOKafkaConsumer(**access, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign([place])
        await consumer.commit({place: offset})
