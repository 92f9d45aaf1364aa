"""One lane without Kafka: topics as lists, real transactions' steps, ledgers as dictionaries.

What runs is the processor's own: selecting, settling, the numbered commit, the catch-up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from kpr_stream.model.delivery import Arrived, Prepared, Refused, SourceRecord
from kpr_stream.model.header import HEADER_NAME
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.adapters import output_reader
from kpr_stream.processor.commands.attempt import Attempt
from kpr_stream.processor.commands.dispatch import CommandInputs
from kpr_stream.processor.commands.log_slice import SliceRead
from kpr_stream.processor.commands.parse import read_command
from kpr_stream.processor.decide.batch import decide_deliveries, select
from kpr_stream.processor.decide.delivery import is_command
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.lanes.commit import CommitContext, Decided, commit_batch
from kpr_stream.processor.state.contents import Contents, Place
from kpr_stream.processor.state.entries import (
    REMEMBERED,
    Entries,
    SourceProgress,
    read_offset,
    read_watermark,
    source_key,
    watermark_key,
)
from kpr_stream.processor.state.overlay import Overlay
from tests.support.receiver import Receiver

Decrypted = tuple[Arrived | Refused, Prepared | Refused]
"""A delivery as it arrives, and what opening it would give."""
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


class Memory:
    """A ledger."""

    def __init__(self) -> None:
        self.entries: Entries = {}

    def get(self, key: bytes) -> bytes | None:
        """See Ledger."""
        return self.entries.get(key)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """See Ledger."""
        return [self.entries.get(key) for key in keys]

    def entries_from(self, prefix: bytes) -> Iterable[tuple[bytes, bytes]]:
        """See Ledger."""
        return sorted((k, v) for k, v in self.entries.items() if k.startswith(prefix))

    def write(self, puts: Entries) -> None:
        """See Ledger."""
        self.entries = {k: v for k, v in {**self.entries, **puts}.items() if v}


class Lane:
    """A lane and whoever owns it at the moment."""

    def __init__(self, emitter: Emitter, open_record: Callable[[SourceRecord], Decrypted]) -> None:
        self.emitter = emitter
        self.topics = Topics()
        self.sources: dict[int, list[SourceRecord]] = defaultdict(list)
        self.ledger = Memory()
        self.next_offsets = [0] * len(SOURCE_TOPICS)
        self._open_record = open_record

    def open(self, ledger: Memory) -> None:
        """Catch a ledger up and go on with it, as an opening does."""
        self.ledger = ledger
        source = SourceProgress(ledger.get)
        for topic in list(self.topics.logs):
            start, _ = read_watermark(ledger.get(watermark_key(topic)))
            records = self.topics.since(topic, start)
            if records and (topic in REMEMBERED or ".receipt." in topic):
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

        async def decide(taken: Sequence[SourceRecord]) -> Decided:
            return self._decide(taken)

        async def after_step(_: int, step: int) -> None:
            if step == crash_at:
                raise Crash

        parts = CommitContext(0, "group", take, decide, transaction, self.ledger, after_step)
        done = run(commit_batch(parts))
        for record in records[: done.taken]:
            self.next_offsets[record.topic_index] = record.offset + 1
        return done.taken

    def _decide(self, records: Sequence[SourceRecord]) -> Decided:
        if is_command(records[0]):
            command, why_not = read_command(records[0])
            given = CommandInputs(SliceRead(), Receiver().rejudge())
            done = Attempt(command, why_not, given, Contents()).carry_out(self.ledger, self.emitter)
            return Decided(done.outputs, done.puts, 1, ())
        deliveries = [self._open_record(record)[0] for record in records]
        opened = {
            (d.source.topic_index, d.source.offset): self._open_record(d.source)[1]
            for d in select(deliveries, Overlay(self.ledger), self.emitter)
        }
        read_back: dict[Place, bytes] = {}
        while True:
            overlay = Overlay(self.ledger)
            batch = decide_deliveries(
                deliveries, opened, overlay, self.emitter, Contents(read_back)
            )
            if not batch.missing:
                break
            read_back |= {place: self._read(place) for place in batch.missing}
        progress = SourceProgress(overlay.get)
        for output in batch.outputs:
            progress.note(output.header)
        return Decided(
            batch.outputs,
            {**overlay.puts, **progress.entries()},
            len(records) - batch.unsettled,
            batch.settled,
        )

    def _read(self, place: Place) -> bytes:
        record = self.topics.logs[place.topic][place.offset]
        assert record is not None, f"{place.topic} {place.offset} was compacted away"
        assert (record.key, record.value is None) == (place.key, False), place.topic
        return record.value or b""


def run(coroutine: Coroutine[Any, Any, Decided]) -> Decided:
    """Run what never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Decided = done.value
        return result
    raise AssertionError("it waits for something")
