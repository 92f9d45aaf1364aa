"""Read our own outputs back: to catch ledgers up, and to find where each source topic resumes.

One reader without a group for all lanes that are being opened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import TopicPartition

from kpr_stream.errors import LedgerBrokenError, WireFormatError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.committed import committed_offsets
from kpr_stream.kafka.foreign import NOT_OURS, unreadable_record
from kpr_stream.kafka.partition_reader import ANSWER_S, LogRange, PartitionReader
from kpr_stream.model.header import HEADER_NAME, LedgerHeader, unpack
from kpr_stream.model.topics import RECEIPT_TOPICS, SOURCE_TOPICS, WORKER_TOPICS
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.tuning import OUTPUT_READER, values
from kpr_stream.processor.state.entries import (
    LEDGER_TOPICS,
    Entries,
    SourceProgress,
    entries_of,
    id_entries,
    lookups_of,
    read_ids,
    read_offset,
    read_watermark,
    source_key,
    unit_entry_key,
    watermark,
    watermark_key,
)
from kpr_stream.processor.state.overlay import Overlay
from kpr_stream.processor.state.topic_notes import Committed, Ids, Resume, resume

log = logging.getLogger(__name__)

POLL_MS: Final = 20
"""A catch-up that ends on a control record waits once for this long; more delays every opening."""
TAIL_OFFSETS: Final = 1_000
"""How much of the end of a receipt topic is read. Receipts are in the order of deliveries, so the
last one is enough; the rest is room for control records of aborted transactions."""
TOO_OLD_MS: Final = 20 * 86_400_000
"""A ledger last written longer ago is read again: deletion markers are kept 30 days."""

_NOT_OURS: Final = (*NOT_OURS, AttributeError)
"""Also the failure of a record without a key."""

Progress = Callable[[int], None]
"""Called with the number of records read since the last call."""


class StoppedError(Exception):
    """The reading was stopped from outside: another rebalance has begun."""


class OutputReader:
    """Serves one opening of lanes. Not for two threads at a time."""

    def __init__(self, access: KafkaAccess, group: str) -> None:
        self._access, self._group = access, group
        self._logs: dict[TopicPartition, LogRange] = {}
        self.ids: Ids = {}
        """The ids of all topics when the ledgers were looked at."""
        self._reader = PartitionReader(
            access,
            WORKER_TOPICS,
            wait_ms=POLL_MS,
            connect_s=ANSWER_S,
            client_id=f"{group}-output-reader",
            **values(OUTPUT_READER),
        )

    async def __aenter__(self) -> Self:
        await self._reader.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._reader.close()

    async def behind(self, ledgers: Mapping[int, Ledger], *, now: int) -> dict[int, int]:
        """Return about how many offsets each ledger is behind. ``now`` in ms since 1970.

        Call after fencing: only this worker writes to these partitions then. A ledger that cannot
        be read, or whose watermark lies outside the log, is too old or belongs to another topic, is
        wiped here, so that ``catch_up`` reads all of it again.
        """
        # Before the ranges: of a topic made again in between, the next opening finds another id.
        self.ids = await self._reader.topic_ids()
        # No transaction is open after fencing, so the read_committed ends are final.
        logs = self._logs = await self._reader.ranges(
            _partitions(ledgers, (*LEDGER_TOPICS, *RECEIPT_TOPICS, *SOURCE_TOPICS))
        )
        found: dict[int, int] = {}
        for lane, ledger in ledgers.items():
            own = _partitions((lane,), LEDGER_TOPICS)
            if not _usable(ledger, {p: logs[p] for p in own}, self.ids, now):
                ledger.wipe()
            found[lane] = sum(logs[p].end - _start(ledger, p, logs[p]) for p in own)
        return found

    async def catch_up(
        self,
        ledgers: Mapping[int, Ledger],
        *,
        progress: Progress = lambda _: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Bring ledgers to the read_committed end of their outputs; ``behind`` named them before.

        Raises StoppedError between two fetches once ``stopped`` says so.
        """
        logs = {p: self._logs[p] for p in _partitions(ledgers, (*LEDGER_TOPICS, *RECEIPT_TOPICS))}
        starts = {
            p: max(log.begin, log.end - TAIL_OFFSETS)
            if p.topic in RECEIPT_TOPICS
            else _start(ledgers[p.partition], p, log)
            for p, log in logs.items()
        }
        self._reader.read_from(starts)
        sources = {lane: SourceProgress(ledger.get) for lane, ledger in ledgers.items()}
        _raise_if(stopped)
        async for found in self._reader.until({p: log.end for p, log in logs.items()}):
            for partition, records in found.items():
                lane = partition.partition
                ledger = ledgers[lane]
                ledger.write(_entries(partition.topic, records, sources[lane], ledger))
            progress(sum(len(records) for records in found.values()))
            _raise_if(stopped)
        for lane, source in sources.items():
            ledgers[lane].write({**source.entries(), **id_entries(self.ids)})

    async def next_offsets(self, ledgers: Mapping[int, Ledger]) -> dict[int, Resume]:
        """Return where each source topic resumes, by lane. After ``behind`` and ``catch_up``.

        The committed offsets are read now. TopicChangedError if a position belongs to a topic that
        was made again.
        """
        committed = await self._committed(_partitions(ledgers, SOURCE_TOPICS))
        return {
            lane: resume(
                lane,
                {p.topic: at for p, at in committed.items() if p.partition == lane},
                [read_offset(ledger.get(source_key(i))) for i in range(len(SOURCE_TOPICS))],
                {topic: self._logs[TopicPartition(topic, lane)].end for topic in SOURCE_TOPICS},
                self.ids,
            )
            for lane, ledger in ledgers.items()
        }

    async def positions(
        self, lanes: Iterable[int]
    ) -> tuple[dict[TopicPartition, Committed], dict[TopicPartition, LogRange]]:
        """Return committed offsets and ranges of the source topics, and read all ids (``ids``)."""
        partitions = _partitions(lanes, SOURCE_TOPICS)
        self.ids = await self._reader.topic_ids()
        return await self._committed(partitions), await self._reader.ranges(partitions)

    async def _committed(self, partitions: list[TopicPartition]) -> dict[TopicPartition, Committed]:
        found = await committed_offsets(
            self._access,
            self._group,
            partitions,
            client_id=f"{self._group}-output-reader",
            within_s=ANSWER_S,
        )
        return {p: Committed(at.offset, at.metadata) for p, at in found.items()}


def _partitions(lanes: Iterable[int], topics: Iterable[str]) -> list[TopicPartition]:
    return [TopicPartition(topic, lane) for lane in lanes for topic in topics]


def _usable(ledger: Ledger, logs: Mapping[TopicPartition, LogRange], ids: Ids, now: int) -> bool:
    try:
        known = read_ids(ledger.get)
        marks = {p: read_watermark(ledger.get(watermark_key(p.topic))) for p in logs}
        # What else an opening reads: damage found only there would end the process at every start.
        ledger.get_many([source_key(index) for index in range(len(SOURCE_TOPICS))])
        ledger.entries_from(unit_entry_key(b""))
    except LedgerBrokenError as broken:
        log.warning("%s", broken)
        return False
    others = [topic for topic, known_id in known.items() if ids[topic] != known_id]
    if others:
        log.error(
            "The ledger %s is of topics that were made again, and is read again: %s.",
            *(ledger.path, ", ".join(others)),
        )
        return False
    written_last = max(at for _, at in marks.values())
    if written_last and now - written_last > TOO_OLD_MS:
        return False
    return all(
        offset == 0 or logs[p].begin <= offset <= logs[p].end for p, (offset, _) in marks.items()
    )


def _start(ledger: Ledger, partition: TopicPartition, on: LogRange) -> int:
    offset, _ = read_watermark(ledger.get(watermark_key(partition.topic)))
    return max(offset, on.begin)


def _raise_if(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise StoppedError


def _entries(topic: str, records: Sequence[Any], source: SourceProgress, ledger: Ledger) -> Entries:
    overlay = Overlay(ledger)
    overlay.prefetch(_lookups(topic, records))
    for record in records:
        try:
            header = _header(record)
            entries = entries_of(
                topic,
                record.key,
                record.value,
                header,
                known=overlay.get,
                offset=record.offset,
            )
        except _NOT_OURS as cause:
            raise _foreign(topic, record, cause) from None
        source.note(header)
        overlay.put(entries)
    if topic in LEDGER_TOPICS:
        last = records[-1]
        overlay.put({watermark_key(topic): watermark(last.offset + 1, last.timestamp)})
    return overlay.puts


def _lookups(topic: str, records: Sequence[Any]) -> Iterable[bytes]:
    for record in records:
        try:
            yield from lookups_of(topic, record.key)
        except _NOT_OURS as cause:
            raise _foreign(topic, record, cause) from None


def _header(record: Any) -> LedgerHeader:  # noqa: ANN401 - aiokafka publishes no type for it
    packed = dict(record.headers).get(HEADER_NAME)
    if packed is None:
        raise WireFormatError("it has no ledger header", what_to_do="", code="UNDECODABLE")
    return unpack(packed)


def _foreign(topic: str, record: Any, cause: Exception) -> WireFormatError:  # noqa: ANN401
    place = topic, record.partition, record.offset
    return unreadable_record(place, cause, "its key cannot be read")
