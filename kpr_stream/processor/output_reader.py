"""Reading our own outputs back: to catch ledgers up, and to learn the committed offsets.

One consumer, one assignment for all lanes that are being opened. It never joins the group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kpr_stream.access import KafkaAccess
from kpr_stream.errors import BrokerError
from kpr_stream.kafka_login import why_not_started
from kpr_stream.model.topics import OUTPUT_TOPICS, SOURCE_TOPICS
from kpr_stream.processor.ledger import Ledger
from kpr_stream.processor.remember import (
    Entries,
    entries_of,
    read_watermark,
    watermark,
    watermark_key,
)
from kpr_stream.processor.tuning import OUTPUT_READER, values
from kpr_stream.schemas.header import HEADER_NAME, unpack

POLL_MS: Final = 20
"""A catch-up that ends on a control record waits this out once: long would delay every opening."""
WATERMARK_TOO_OLD_MS: Final = 20 * 86_400_000
"""A ledger older than this is read anew: deletion markers are only kept 30 days."""

Progress = Callable[[int], None]


class OutputReader:
    """Open for one opening of lanes."""

    def __init__(self, access: KafkaAccess, group: str) -> None:
        self._access = access
        self._consumer = AIOKafkaConsumer(
            **access.for_aiokafka(),
            client_id=f"{group}-output-reader",
            group_id=group,
            **values(OUTPUT_READER),
        )

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except KafkaError as cause:
            await self._consumer.stop()
            raise await why_not_started(self._access, cause) from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._consumer.stop()

    async def catch_up(
        self, ledgers: Mapping[int, Ledger], progress: Progress = lambda _: None
    ) -> int:
        """Bring every ledger to the read_committed end of its outputs; the records read.

        Call after fencing: nothing is written to these partitions meanwhile but by us. A ledger
        whose watermark lies outside the log, or is too old, is wiped and read from the start.
        """
        partitions = [TopicPartition(t, lane) for lane in ledgers for t in OUTPUT_TOPICS]
        self._consumer.assign(partitions)
        begins = await self._consumer.beginning_offsets(partitions)
        # No transaction is open after fencing, so the read_committed ends are final.
        ends = await self._consumer.end_offsets(partitions)
        starts = self._starts(ledgers, begins, ends)
        for partition, offset in starts.items():
            self._consumer.seek(partition, offset)
        behind = {p for p in partitions if starts[p] < ends[p]}
        read = 0
        while behind:
            self._consumer.pause(*(set(partitions) - behind - self._consumer.paused()))
            found = await self._consumer.getmany(*behind, timeout_ms=POLL_MS)
            for partition, records in found.items():
                read += len(records)
                ledgers[partition.partition].write(_entries(partition.topic, records))
            progress(read)
            for partition in list(behind):
                if await self._consumer.position(partition) >= ends[partition]:
                    behind.discard(partition)
        return read

    async def committed(self, lanes: Sequence[int]) -> dict[int, list[int]]:
        """The group's committed offset of every source topic, by lane; 0 where there is none."""
        wanted = [TopicPartition(topic, lane) for lane in lanes for topic in SOURCE_TOPICS]
        offsets = await asyncio.gather(*(self._consumer.committed(p) for p in wanted))
        found: dict[int, list[int]] = {lane: [] for lane in lanes}
        for partition, offset in zip(wanted, offsets, strict=True):
            found[partition.partition].append(offset or 0)
        return found

    @staticmethod
    def _starts(
        ledgers: Mapping[int, Ledger],
        begins: Mapping[TopicPartition, int],
        ends: Mapping[TopicPartition, int],
    ) -> dict[TopicPartition, int]:
        starts: dict[TopicPartition, int] = {}
        for lane, ledger in ledgers.items():
            marks = {
                TopicPartition(topic, lane): read_watermark(ledger.get(watermark_key(topic)))
                for topic in OUTPUT_TOPICS
            }
            newest = max(at for _, at in marks.values())
            usable = all(
                offset == 0 or begins[p] <= offset <= ends[p] for p, (offset, _) in marks.items()
            )
            too_old = any(
                at and newest - at > WATERMARK_TOO_OLD_MS and offset < ends[p]
                for p, (offset, at) in marks.items()
            )
            if not usable or too_old:
                ledger.wipe()
                marks = dict.fromkeys(marks, (0, 0))
            starts.update({p: max(offset, begins[p]) for p, (offset, _) in marks.items()})
        return starts


def _entries(topic: str, records: Sequence[object]) -> Entries:
    puts: Entries = {}
    for record in records:
        header = dict(record.headers).get(HEADER_NAME)  # type: ignore[attr-defined]
        if header is None:
            raise BrokerError(
                f"A record of {topic} carries no {HEADER_NAME} header.",
                what_to_do="Find out who else writes there: the ACLs allow only the processor.",
            )
        puts.update(
            entries_of(topic, record.key, record.value, unpack(header))  # type: ignore[attr-defined]
        )
        puts[watermark_key(topic)] = watermark(record.offset + 1, record.timestamp)  # type: ignore[attr-defined]
    return puts
