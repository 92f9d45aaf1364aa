"""A receiver without Kafka: the pipeline over a ledger that is a dictionary.

For tests of what a lane decides between taking and committing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kpr_stream.dry_receiver.receiver import DryReceiver, LedgerStore
from kpr_stream.dry_receiver.run_now import at_once, run_now
from kpr_stream.keys.keyring import KeyRing, new_keyring, read_keyring
from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.commands.log_slice import LogRecord, LogSlice, SliceRead
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.effects import BatchEffects, CommandEffects
from kpr_stream.processor.emit.emitter import Emitter, StampedVersions
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.processor.frame.reenrich import enrich_again
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.pipeline import (
    Decided,
    decide_command,
    decrypt_and_frame,
)
from kpr_stream.processor.poison.isolate import Work
from kpr_stream.processor.state.entries import LEDGER_TOPICS, Entries, entries_of
from kpr_stream.reference import load_reference
from kpr_stream.rights.table import Rights
from kpr_stream.rules.receipt_texts import pointer_of, texts_of
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
        versions=StampedVersions("1", load_reference().version),
        pointer_of=partial(pointer_of, load_reference()),
        texts_of=partial(texts_of, load_reference()),
    )


class Receiver(DryReceiver):
    """Takes batches of source records of one lane; keeps what is written and remembered."""

    def __init__(self, rights: Rights | None = None, store: LedgerStore | None = None) -> None:
        super().__init__(replace(emitter(), rights=rights or Rights()), _work(), store)
        self.sources: list[SourceRecord] = []

    def take(self, *records: SourceRecord, effects: BatchEffects | None = None) -> Decided:
        """One batch: decided, written, remembered."""
        self.sources += records
        return super().take(*records, effects=effects)

    def effects(self) -> BatchEffects:
        """Effects under which an error of the processor ends the test: nothing is isolated."""
        return BatchEffects(
            arrive=arrive_all, prepare=prepare_all, read_back=self.read_back, in_thread=at_once
        )

    def order(self, record: SourceRecord) -> dict[str, Any] | None:
        """One command: executed, written, remembered; its result, None if it left nothing."""
        effects = CommandEffects(
            rights_from=self._rights_from,
            read_slice=self._read_slice,
            read_back=self.read_back,
            in_thread=at_once,
        )
        decided = run_now(
            decide_command(
                record,
                ledger=self.store,
                emitter=self.emitter,
                rejudge=self.rejudge(),
                effects=effects,
            )
        )
        self.carry_through(decided)
        return self.read(topics.COMMAND_RESULT, "command_result")[-1] if decided.outputs else None

    def rejudge(self) -> Rejudge:
        """What judges again."""
        context = FrameContext(synthetic_ids=True, reference=load_reference())
        return Rejudge(
            partial(decrypt_delivery, private_keys=private_keys(), allow_clear=False),
            partial(prepare, context=context),
            partial(enrich_again, reference=load_reference()),
        )

    async def _rights_from(self, _: int | None) -> Rights:
        return self.emitter.rights

    async def _read_slice(self, wanted: LogSlice) -> SliceRead:
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

    def rebuilt(self, *, compacted: bool = False) -> Entries:
        """The ledger of a cold rebuild, topic by topic, but for what only live lanes note."""
        puts: Entries = {}

        def known(key: bytes) -> bytes | None:
            return puts.get(key) or None

        for topic in LEDGER_TOPICS:
            last = {record.key: offset for offset, record in enumerate(self.log[topic])}
            for offset, r in enumerate(self.log[topic]):
                if compacted and last[r.key] != offset:
                    continue
                puts.update(entries_of(topic, r.key, r.value, r.header, known=known, offset=offset))
        return {key: value for key, value in puts.items() if value}


async def arrive_all(records: Sequence[SourceRecord]) -> list[Arrived | DeliveryRefused]:
    """The envelopes of all records."""
    return [arrive(record) for record in records]


async def prepare_all(deliveries: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
    """Decrypted and framed, as the frame stage does."""
    return _work()(deliveries)


@cache
def _work() -> Work:
    context = FrameContext(synthetic_ids=True, reference=load_reference())
    decrypt = partial(decrypt_delivery, private_keys=private_keys(), allow_clear=False)
    return decrypt_and_frame(decrypt, partial(prepare, context=context))
