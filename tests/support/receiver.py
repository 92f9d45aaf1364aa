"""A receiver without Kafka: the pure stages in their order over a ledger that is a dict.

What a lane does between taking and committing, for tests of what is decided.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kpr_stream.keys.keyring import KeyRing, new_keyring, read_keyring
from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, Decrypted, Prepared, Refused, SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.commands.attempt import Attempt
from kpr_stream.processor.commands.dispatch import CommandInputs
from kpr_stream.processor.commands.log_slice import LogRecord, LogSlice, SliceRead
from kpr_stream.processor.commands.needed import needed
from kpr_stream.processor.commands.parse import read_command
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.decide.batch import Batch, decide_deliveries, select
from kpr_stream.processor.decide.delivery import SourceId, source_id
from kpr_stream.processor.emit.emitter import Emitter, Versions
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.frame.reenrich import enrich_again
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.state.contents import Contents, Place
from kpr_stream.processor.state.entries import REMEMBERED, Entries, entries_of, placed
from kpr_stream.processor.state.overlay import Overlay
from kpr_stream.reference import load_reference
from kpr_stream.rights.table import Rights
from kpr_stream.rules.told import pointer_of, texts_of
from kpr_stream.schemas import wire
from tests.support.deliveries import private_keys


@cache
def keys() -> KeyRing:
    """A key ring of the tests."""
    secret, _ = new_keyring()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "keyring.json"
        path.write_text(json.dumps(secret), "utf-8")
        return read_keyring(path)


@cache
def emitter() -> Emitter:
    """What makes the output records."""
    return Emitter(
        pseudonyms=keys().pseudonyms,
        identity=keys().identity,
        quarantine=keys().quarantine,
        superseded=keys().superseded,
        versions=Versions("1", load_reference().version),
        pointer_of=pointer_of,
        texts_of=texts_of,
    )


class Receiver:
    """Takes batches of source records of one lane; keeps what is written and remembered."""

    def __init__(self, rights: Rights | None = None) -> None:
        self.emitter = replace(emitter(), rights=rights or Rights())
        self.ledger: dict[bytes, bytes] = {}
        self.written: list[OutputRecord] = []
        self.sources: list[SourceRecord] = []
        self.log: dict[str, list[OutputRecord]] = defaultdict(list)
        """What lies on each topic; the offset is the place in the list."""

    def get_many(self, wanted: Sequence[bytes]) -> list[bytes | None]:
        """As a ledger answers."""
        return [self.ledger.get(key) for key in wanted]

    def entries_from(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """As a ledger answers."""
        return sorted((k, v) for k, v in self.ledger.items() if k.startswith(prefix))

    def take(self, *records: SourceRecord) -> Batch:
        """One batch: decided, written, remembered."""
        self.sources += records
        batch, puts = self.decide(*records)
        self.remember(puts | self.commit(batch.outputs, puts))
        return batch

    def decide(self, *records: SourceRecord) -> tuple[Batch, Entries]:
        """What would be written and remembered; nothing is."""
        deliveries = [arrive(record) for record in records]
        opened = open_all(select(deliveries, Overlay(self), self.emitter))
        read_back: dict[Place, bytes] = {}
        while True:
            overlay = Overlay(self)
            batch = decide_deliveries(
                deliveries, opened, overlay, self.emitter, Contents(read_back)
            )
            if not batch.missing:
                return batch, overlay.puts
            read_back |= {place: self._read(place) for place in batch.missing}

    def order(self, record: SourceRecord) -> dict[str, Any] | None:
        """One command: carried out, written, remembered; its result, None if it left nothing."""
        command, why_not = read_command(record)
        wanted, why_not = needed(command, why_not)
        given = CommandInputs(self._slice(wanted) if wanted else SliceRead(), self.rejudge())
        read_back: dict[Place, bytes] = {}
        while True:
            made = Attempt(command, why_not, given, Contents(read_back)).carry_out(
                self, self.emitter
            )
            if not made.missing:
                break
            read_back |= {place: self._read(place) for place in made.missing}
        self.remember({**made.puts, **self.commit(made.outputs, made.puts)})
        return self.read(topics.COMMAND_RESULT, "command_result")[-1] if made.outputs else None

    def rejudge(self) -> Rejudge:
        """What judges again."""
        context = FrameContext(synthetic_ids=True, reference=load_reference())
        return Rejudge(
            partial(decrypt_delivery, private_keys=private_keys(), allow_clear=False),
            partial(prepare, context=context),
            partial(enrich_again, reference=load_reference()),
        )

    def _slice(self, wanted: LogSlice) -> SliceRead:
        if wanted.topic in SOURCE_TOPICS:
            index = SOURCE_TOPICS.index(wanted.topic)
            sent = [
                r
                for r in self.sources
                if (r.topic_index, r.offset >= wanted.first) == (index, True)
            ]
            logged = tuple(LogRecord(r.offset, r.received_at, r.key, r.value) for r in sent)
            return SliceRead(logged, len(self.sources))
        until = wanted.until_offset
        there = [
            LogRecord(offset, r.timestamp, r.key, r.value, r.header)
            for offset, r in enumerate(self.log[wanted.topic])
            if offset >= wanted.first and (until is None or offset < until)
        ]
        cut = there[: wanted.max_records]
        following = there[len(cut)].offset if len(cut) < len(there) else len(self.log[wanted.topic])
        complete = len(cut) == len(there)
        return SliceRead(tuple(cut), following, complete, len(self.log[wanted.topic]))

    def commit(self, outputs: Sequence[OutputRecord], puts: Entries) -> Entries:
        """Write for good; the entries that need the offsets."""
        offsets = []
        for output in outputs:
            offsets.append(len(self.log[output.topic]))
            self.log[output.topic].append(output)
        self.written += outputs
        return placed(puts, outputs, offsets)

    def _read(self, place: Place) -> bytes:
        record = self.log[place.topic][place.offset]
        assert (record.key, record.value is None) == (place.key, False), place
        return record.value or b""

    def remember(self, puts: Mapping[bytes, bytes]) -> None:
        """As a ledger does once the transaction has committed."""
        for key, value in puts.items():
            self.ledger.pop(key, None)
            if value:
                self.ledger[key] = value

    def rebuilt(self, *, compacted: bool = False) -> Entries:
        """The ledger of a cold rebuild, topic by topic, but for what only live lanes note."""
        puts: Entries = {}

        def known(key: bytes) -> bytes | None:
            return puts.get(key) or None

        for topic in REMEMBERED:
            last = {record.key: offset for offset, record in enumerate(self.log[topic])}
            for offset, r in enumerate(self.log[topic]):
                if compacted and last[r.key] != offset:
                    continue
                puts.update(entries_of(topic, r.key, r.value, r.header, known=known, offset=offset))
        return {key: value for key, value in puts.items() if value}

    def take_all(self, *records: SourceRecord) -> None:
        """Batches until all are settled, as a lane goes on with what waits."""
        waiting = list(records)
        while waiting:
            unsettled = self.take(*waiting).unsettled
            waiting = waiting[len(waiting) - unsettled :] if unsettled else []

    def read(self, topic: str, record: str) -> list[dict[str, Any]]:
        """Everything written to a topic, decoded, in order."""
        return [wire.decode(record, o.value) for o in self.written if o.topic == topic and o.value]


def open_all(chosen: Sequence[Arrived]) -> dict[SourceId, Prepared | Refused]:
    """Opened and prepared, as the frame stage does."""
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    opened = [decrypt_delivery(d, private_keys(), allow_clear=False) for d in chosen]
    ready = iter(prepare([o for o in opened if isinstance(o, Decrypted)], context))
    results = [o if isinstance(o, Refused) else next(ready) for o in opened]
    return {source_id(d.source): r for d, r in zip(chosen, results, strict=True)}
