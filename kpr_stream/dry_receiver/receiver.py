"""Decide deliveries over a ledger in memory, as a worker decides those of one lane. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from kpr_stream.dry_receiver.run_now import at_once, run_now
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.unit import UnitState
from kpr_stream.processor.effects import BatchEffects
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.states import unit_record
from kpr_stream.processor.pipeline import Decided, decide_batch
from kpr_stream.processor.poison.isolate import Work, arrive_isolated, isolated
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.state.entries import Entries, entries_of, with_offsets
from kpr_stream.processor.state.memory import MemoryLedger
from kpr_stream.processor.state.overlay import LedgerReader
from kpr_stream.schemas import wire


class LedgerStore(LedgerReader, Protocol):
    """A ledger that can be written."""

    def write(self, puts: Entries) -> None:
        """Write all entries; an empty value deletes its key."""
        ...


class DryReceiver:
    """Takes batches of source records of one lane; keeps what is written and remembered."""

    def __init__(self, emitter: Emitter, work: Work, store: LedgerStore | None = None) -> None:
        self.emitter = emitter
        self.work = work
        """Decrypts and frames deliveries."""
        self.ledger = MemoryLedger()
        self.store: LedgerStore = store or self.ledger
        """What batches are decided on and write into; another ledger in place of the memory."""
        self.written: list[OutputRecord] = []
        self.log: dict[str, list[OutputRecord]] = defaultdict(list)
        """What lies on each topic; the offset is the place in the list."""

    def take(self, *records: SourceRecord, effects: BatchEffects | None = None) -> Decided:
        """Decide one batch, write it and remember it."""
        decided = run_now(
            decide_batch(
                records,
                ledger=self.store,
                emitter=self.emitter,
                effects=effects or self.effects(),
            )
        )
        return self.carry_through(decided)

    def expect(self, state: UnitState, source: SourceRecord) -> None:
        """Remember a unit as if earlier deliveries had left it in this state."""
        record = unit_record(self.emitter, source, state)
        known = self.ledger.get
        self.store.write(
            entries_of(record.topic, record.key, record.value, record.header, known=known)
        )

    def carry_through(self, decided: Decided) -> Decided:
        """Write what was decided to the topics and to the ledger."""
        where = self.commit(decided.outputs, decided.entries)
        self.store.write({**decided.entries, **where})
        return decided

    def commit(self, outputs: Sequence[OutputRecord], entries: Entries) -> Entries:
        """Append the outputs to their topics; return the entries that need the offsets."""
        offsets = []
        for output in outputs:
            offsets.append(len(self.log[output.topic]))
            self.log[output.topic].append(output)
        self.written += outputs
        return with_offsets(entries, outputs, offsets)

    def read(self, topic: str, record: str) -> list[dict[str, Any]]:
        """Return everything written to a topic, decoded, in order."""
        return [wire.decode(record, o.value) for o in self.written if o.topic == topic and o.value]

    async def read_back(self, places: Collection[LogPosition]) -> dict[LogPosition, bytes]:
        """Return the values of our own output records: the effect ``read_back``."""
        return {place: self._value_at(place) for place in places}

    def effects(self) -> BatchEffects:
        """Return effects that answer at once; a delivery at which the code raises is refused."""

        async def arrive(records: Sequence[SourceRecord]) -> list[Arrived | DeliveryRefused]:
            return [arrive_isolated(record) for record in records]

        async def prepare(chosen: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
            return isolated(self.work)(chosen)

        return BatchEffects(
            arrive=arrive, prepare=prepare, read_back=self.read_back, in_thread=at_once
        )

    def _value_at(self, place: LogPosition) -> bytes:
        record = self.log[place.topic][place.offset]
        if record.key != place.key or record.value is None:
            raise AssertionError(f"Offset {place.offset} of {place.topic} holds another record.")
        return record.value
