"""One lane without Kafka: topics as lists, real transactions' steps, ledgers as dictionaries.

What runs is the processor's own: the pipeline, the numbered commit, the catch-up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import TopicPartition

from kpr_stream.dry_receiver.run_now import at_once, run_now
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.header import HEADER_NAME
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.adapters import output_reader
from kpr_stream.processor.commands.log_slice import LogSlice, SliceRead
from kpr_stream.processor.decide.delivery import is_command
from kpr_stream.processor.effects import BatchEffects, CommandEffects
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.lanes.commit import CommitContext, commit_batch
from kpr_stream.processor.pipeline import Decided, decide_batch, decide_command
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.state.entries import (
    LEDGER_TOPICS,
    SourceProgress,
    read_offset,
    read_watermark,
    source_key,
    watermark_key,
)
from kpr_stream.processor.state.memory import MemoryLedger
from kpr_stream.processor.state.overlay import LedgerReader
from kpr_stream.rights.table import Rights
from tests.support.receiver import Receiver

MadeInAdvance = tuple[Arrived | DeliveryRefused, Prepared | DeliveryRefused]
"""A delivery as it arrives, and what preparing it gives."""


class DecideBatch(Protocol):
    """The pipeline's decision of a batch."""

    async def __call__(
        self,
        records: Sequence[SourceRecord],
        *,
        ledger: LedgerReader,
        emitter: Emitter,
        effects: BatchEffects,
    ) -> Decided: ...


STEPS = range(1, 9)
COMMITTED = 7


class Crash(BaseException):
    """The process ends at a step."""


@dataclass(frozen=True)
class Lying:
    """A record as a consumer gives it."""

    offset: int
    key: bytes
    value: bytes | None
    timestamp: int
    headers: tuple[tuple[str, bytes], ...]


class Topics:
    """The broker: logs, of which compaction takes records, and committed source offsets."""

    def __init__(self) -> None:
        self.logs: dict[str, list[Lying | None]] = defaultdict(list)
        self.committed: dict[str, int] = defaultdict(int)

    def since(self, topic: str, offset: int) -> list[Lying]:
        """The records from an offset on."""
        return [record for record in self.logs[topic][offset:] if record]

    def compact(self, topic: str) -> None:
        """Only the last record of each key stays."""
        log = self.logs[topic]
        last = {record.key: record.offset for record in log if record}
        self.logs[topic] = [r if r and last[r.key] == r.offset else None for r in log]


class Transaction:
    """A producer's transaction: nothing can be read before it is committed."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._pending: list[OutputRecord] = []
        self._offsets: dict[str, int] = {}

    async def begin(self) -> None:
        """See commit.Transaction."""

    async def produce(self, outputs: Sequence[OutputRecord]) -> list[Any]:
        """See commit.Transaction."""
        self._pending = list(outputs)
        return list(outputs)

    async def await_deliveries(self, sent: Sequence[Any]) -> list[int]:
        """See commit.Transaction."""
        ends = {o.topic: len(self._topics.logs[o.topic]) for o in sent}
        found = []
        for output in sent:
            found.append(ends[output.topic])
            ends[output.topic] += 1
        return found

    async def add_offsets(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        """See commit.Transaction."""
        del group
        self._offsets = {tp.topic: offset for tp, offset in offsets.items()}

    async def commit(self) -> None:
        """See commit.Transaction."""
        for o in self._pending:
            log = self._topics.logs[o.topic]
            headers = ((HEADER_NAME, o.header.pack()),)
            log.append(Lying(len(log), o.key, o.value, o.timestamp, headers))
        self._topics.committed |= self._offsets


class Lane:
    """A lane and whoever owns it at the moment."""

    def __init__(
        self,
        emitter: Emitter,
        look_up: Callable[[SourceRecord], MadeInAdvance],
        decide: DecideBatch = decide_batch,
    ) -> None:
        self.emitter = emitter
        self.topics = Topics()
        self.sources: dict[int, list[SourceRecord]] = defaultdict(list)
        self.ledger = MemoryLedger()
        self.next_offsets = [0] * len(SOURCE_TOPICS)
        self._look_up = look_up
        self._decide_batch = decide

    def open(self, ledger: MemoryLedger) -> None:
        """Catch a ledger up and go on with it, as an opening does."""
        self.ledger = ledger
        source = SourceProgress(ledger.get)
        for topic in list(self.topics.logs):
            start, _ = read_watermark(ledger.get(watermark_key(topic)))
            records = self.topics.since(topic, start)
            if records and (topic in LEDGER_TOPICS or ".receipt." in topic):
                ledger.write(output_reader._entries(topic, records, source, ledger))  # type: ignore[arg-type]
        ledger.write(source.entries())
        self.next_offsets = [
            max(self.topics.committed[topic], read_offset(ledger.get(source_key(index))))
            for index, topic in enumerate(SOURCE_TOPICS)
        ]

    def waiting(self, index: int) -> list[SourceRecord]:
        """What a source topic still has for this lane."""
        return self.sources[index][self.next_offsets[index] :]

    def work(self, records: Sequence[SourceRecord], crash_at: int | None = None) -> int:
        """One transaction over these records; how many of them it settled. Raises Crash."""
        transaction = Transaction(self.topics)

        async def take() -> Sequence[SourceRecord]:
            return records

        async def after_step(_: int, step: int) -> None:
            if step == crash_at:
                raise Crash

        context = CommitContext(
            lane=0,
            group="group",
            take=take,
            decide=self._decide,
            producer=transaction,
            ledger=self.ledger,
            after_step=after_step,
        )
        done = run_now(commit_batch(context))
        for record in records[: done.taken]:
            self.next_offsets[record.topic_index] = record.offset + 1
        return done.taken

    async def _decide(self, records: Sequence[SourceRecord]) -> Decided:
        if is_command(records[0]):
            return await decide_command(
                records[0],
                ledger=self.ledger,
                emitter=self.emitter,
                rejudge=Receiver().rejudge(),
                effects=CommandEffects(
                    rights_from=self._rights_from,
                    read_slice=_nothing_to_read,
                    read_back=self._read_back,
                    in_thread=at_once,
                ),
            )
        effects = BatchEffects(
            arrive=self._arrive,
            prepare=self._prepare,
            read_back=self._read_back,
            in_thread=at_once,
        )
        return await self._decide_batch(
            records, ledger=self.ledger, emitter=self.emitter, effects=effects
        )

    async def _arrive(self, records: Sequence[SourceRecord]) -> list[Arrived | DeliveryRefused]:
        return [self._look_up(record)[0] for record in records]

    async def _prepare(self, chosen: Sequence[Arrived]) -> list[Prepared | DeliveryRefused]:
        return [self._look_up(delivery.source)[1] for delivery in chosen]

    async def _rights_from(self, _: int | None) -> Rights:
        return self.emitter.rights

    async def _read_back(self, places: Collection[LogPosition]) -> dict[LogPosition, bytes]:
        return {place: self._read(place) for place in places}

    def _read(self, place: LogPosition) -> bytes:
        record = self.topics.logs[place.topic][place.offset]
        assert record is not None, f"{place.topic} {place.offset} was compacted away"
        assert (record.key, record.value is None) == (place.key, False), place.topic
        return record.value or b""


async def _nothing_to_read(wanted: LogSlice) -> SliceRead:
    raise AssertionError(f"no command of a history needs {wanted}")
