"""Follow the analysts' topic for somebody: the entry of the disclosure, the records, the end.

No consumer group: two analysts with one login do not disturb each other, and nothing is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka import TopicPartition

from kpr_stream.analytics.disclosed import DisclosureKind, begin_disclosure, complete_disclosure
from kpr_stream.analytics.tail.newest import ReplacedRecords
from kpr_stream.analytics.tail.order import TailOrder
from kpr_stream.analytics.tail.shown import TopicChange, read_change
from kpr_stream.analytics.tail.start import Start
from kpr_stream.database.connect import session
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.limits import IN_FRONT, PATIENCE_S
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.kafka.read_topic import MAX_POLL_RECORDS, first_offsets
from kpr_stream.model.topics import ANALYST_CONSULTATION, PARTITIONS, Role
from kpr_stream.settings import Settings

ROLE: Final = "analyst"
Offsets = Mapping[TopicPartition, int]


@dataclass(slots=True)
class TailTotals:
    """What a tail has shown. ``disclosure_id`` is the number of its entry."""

    disclosure_id: int
    rows: int = 0
    removed: int = 0

    @property
    def lines(self) -> int:
        """Return how many changes were shown."""
        return self.rows + self.removed


async def follow(
    settings: Settings,
    order: TailOrder,
    show: Callable[[TopicChange], None],
    stop: asyncio.Event,
) -> TailTotals:
    """Hand each matching change to ``show`` until ``stop``, the limit or the end; return counts.

    The entry of the disclosure is written before the first row, and completed with the number of
    rows however the tail ends. A BrokenPipeError of ``show`` is an end like any other: the program
    that reads our output has enough. BrokerError, DatabaseError, WireFormatError.
    """
    reading = PartitionReader(
        kafka_access(settings, Role.ANALYST),
        {ANALYST_CONSULTATION: PARTITIONS},
        patience_s=PATIENCE_S,
        connect_s=IN_FRONT.connect_s,
        answer_s=IN_FRONT.answer_s,
        max_poll_records=MAX_POLL_RECORDS,
    )
    async with reading as reader:
        logs = await reader.ranges()
        starts = ends = {tp: log.end for tp, log in logs.items()}
        if order.start is not Start.LATEST:
            starts = await first_offsets(reader, logs, lambda _: order.since_ms)
        async with session(settings, ROLE) as connection:
            purpose, what = order.purpose, order.describe()
            entry = await begin_disclosure(connection, DisclosureKind.TAIL, purpose, what)
        tail = _Tail(reader, order, show, stop, TailTotals(entry))
        try:
            await tail.run(starts, ends)
        finally:
            async with session(settings, ROLE) as connection:
                await complete_disclosure(connection, entry, tail.totals.rows)
    return tail.totals


@dataclass(frozen=True, slots=True)
class _Tail:
    reader: PartitionReader
    order: TailOrder
    show: Callable[[TopicChange], None]
    stop: asyncio.Event
    totals: TailTotals

    async def run(self, starts: Offsets, ends: Offsets) -> None:
        replaced = {tp: await self._replaced(tp, starts[tp], ends[tp]) for tp in starts}
        self.reader.read_from(starts)
        while not self.stop.is_set():
            if self.order.until_caught_up and await self._reached(ends):
                return
            for tp, records in (await self.reader.fetch()).items():
                for r in records:
                    if r.offset in replaced[tp]:
                        continue
                    place = (tp.topic, tp.partition, r.offset)
                    if not self._shown(read_change(place, r.key, r.value)):
                        return

    async def _replaced(self, tp: TopicPartition, start: int, end: int) -> frozenset[int]:
        """Read the past once for its keys alone, and return what is not to be shown of it."""
        found = ReplacedRecords()
        if start < end:
            self.reader.read_from({tp: start})
            async for fetched in self.reader.until({tp: end}):
                records = fetched.get(tp, [])
                found.take([r.key or b"" for r in records], [r.offset for r in records])
                if self.stop.is_set():
                    break
        return found.offsets()

    async def _reached(self, ends: Offsets) -> bool:
        for tp, end in ends.items():
            if await self.reader.position(tp) < end:
                return False
        return True

    def _shown(self, change: TopicChange) -> bool:
        """Show a change if it matches; return whether the tail continues."""
        if not self.order.matches(change):
            return True
        # Counted first: an error of the terminal does not say whether the row has left.
        if change.row is None:
            self.totals.removed += 1
        else:
            self.totals.rows += 1
        try:
            self.show(change)
        except BrokenPipeError:
            return False
        return self.order.limit is None or self.totals.lines < self.order.limit
