"""Replay: deliveries of some days judged and enriched again, by what is in force today. Pure.

Only what a delivery has said and what stands still is looked at: a record that has come from it
and is live is written again where it differs, and an item that was rejected is received where it
is not rejected any more. Nothing that stands is taken back: what today's rules would reject is
counted. No receipts: for its unit nothing has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from kpr_stream.model.command import Command, ResultStatus
from kpr_stream.model.delivery import (
    Arrived,
    Decrypted,
    Prepared,
    PreparedItem,
    Refused,
    SourceRecord,
)
from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.quarantine import ItemState
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.words import MessageType, Operation, System
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.commands.log_slice import SliceRead
from kpr_stream.processor.commands.quarantined import receive_again
from kpr_stream.processor.commands.rejudge import Rejudge, same_content
from kpr_stream.processor.decide.items import entry_key_of, item_key, write_person
from kpr_stream.processor.decide.link_records import named_by, write_links
from kpr_stream.processor.decide.quarantine import open_state, state_record
from kpr_stream.processor.decide.supersede import number_of, rivals_of
from kpr_stream.processor.decide.superseded_content import turn
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.state.entries import read_entry
from kpr_stream.processor.state.known import ContentVersion, KnownRecord
from kpr_stream.schemas import wire

_RECORD: Final = {
    MessageType.CONSULTATION: "consultation",
    MessageType.APPOINTMENT: "appointment",
}


def replay(command: Command, found: SliceRead, uow: UnitOfWork, rejudge: Rejudge) -> Effects:
    """Judge a slice of deliveries again. With ``dry_run`` it is only told what would change.

    The counts say where the next slice begins, and whether there is one.
    """
    dry = (command.arguments or {}).get("dry_run") == "1"
    counts: Counter[str] = Counter(deliveries=0)
    for prepared in _judged(command, found, rejudge):
        if command.org_nr in (None, prepared.arrived.envelope.org_nr):
            counts["deliveries"] += 1
            counts.update(_Replay(command, prepared, uow).items())
    counts["next_offset"] = found.next_offset
    counts["complete"] = int(found.complete)
    return Effects(status=ResultStatus.DONE, counts=dict(counts), dry=dry)


def _judged(command: Command, found: SliceRead, rejudge: Rejudge) -> Iterator[Prepared]:
    """The deliveries that open, with their items judged; the others were refused at the time."""
    index = SOURCE_TOPICS.index(delivery_topic(System(command.system or "")))
    opened = []
    for record in found.records:
        source = SourceRecord(
            index,
            command.source.partition,
            record.offset,
            record.received_at,
            record.key,
            record.value,
        )
        arrived = arrive(source)
        if isinstance(arrived, Arrived) and arrived.envelope.message_type != MessageType.HELLO:
            opened.append(rejudge.decrypt(arrived))
    ready = rejudge.prepare([one for one in opened if isinstance(one, Decrypted)])
    return (one for one in ready if not isinstance(one, Refused))


@dataclass(frozen=True, slots=True)
class _Replay:
    """One delivery that is replayed."""

    command: Command
    prepared: Prepared
    uow: UnitOfWork

    def items(self) -> Counter[str]:
        """What becomes of its items, by word. Of several under one id the last counts."""
        envelope, emitter = self.prepared.arrived.envelope, self.uow.emitter
        counts: Counter[str] = Counter()
        last: dict[bytes, PreparedItem] = {}
        for item in self.prepared.items:
            key = item_key(emitter, envelope, item)
            rejected = self._rejected_then(item)
            if rejected is not None:
                counts[self._rejected(item, rejected)] += 1
            elif key is not None and item.operation is Operation.UPSERT:
                last[key] = item
        for key, item in last.items():
            counts[self._standing(key, item)] += 1
        return counts

    def _standing(self, key: bytes, item: PreparedItem) -> str:
        envelope = self.prepared.arrived.envelope
        entry = self.uow.overlay.get(entry_key_of(envelope.message_type)(key))
        known = read_entry(entry) if entry else None
        content_hash = self.uow.emitter.pseudonyms.content_hash(item.content)
        said = ContentVersion(envelope.extracted_at, envelope.sequence), content_hash
        if known is None or (known.version, known.content_hash) != said:
            return "not_standing"
        if known.status is not HeaderStatus.LIVE or known.system != number_of(envelope.system):
            return "not_standing"
        if item.rejected:
            return "now_rejected"
        return self._written_again(key, item, known)

    def _written_again(self, key: bytes, item: PreparedItem, known: KnownRecord) -> str:
        uow, emitter = self.uow, self.uow.emitter
        arrived = self._now()
        envelope = arrived.envelope
        person = emitter.person_key(envelope, item)
        erased = emitter.stops(envelope, item)
        natural = NO_KEY if erased else emitter.natural_key(envelope, item, person)
        live = emitter.live(
            arrived,
            item,
            key=key,
            person_key=person,
            natural_key=natural,
            content_hash=known.content_hash,
            erased=erased,
        )
        if self._same(live, known):
            return "unchanged"
        rivals = rivals_of(uow, envelope.org_nr, envelope.system, at=arrived.source.received_at)
        header = replace(live.header, revision=known.revision + 1)
        uow.write(replace(live, header=header))
        if person is not None and not erased:
            write_person(arrived.source, item, person, uow)
        named = None if erased else named_by(emitter, envelope, item, person)
        write_links(arrived, key, named, uow, known=True, deleted=False)
        if natural != known.natural_key:
            for change in rivals.turns({natural, known.natural_key}):
                turn(arrived.source, change, uow)
        return "changed"

    def _same(self, live: OutputRecord, known: KnownRecord) -> bool:
        current = self.uow.contents.of(LogPosition(live.topic, known.offset, live.key))
        if current is None or live.value is None:
            return True  # it is read back, and all of this is done again
        name = _RECORD[MessageType(self.prepared.arrived.envelope.message_type)]
        return same_content(wire.decode(name, current), wire.decode(name, live.value))

    def _rejected_then(self, item: PreparedItem) -> str | None:
        """Quarantine id of an item that this delivery was rejected for, and that is open."""
        source = self.prepared.arrived.source
        found = self.uow.emitter.pseudonyms.quarantine_id(
            SOURCE_TOPICS[source.topic_index], source.partition, source.offset, item.index
        ).hex()
        return found if open_state(self.uow, found) else None

    def _rejected(self, item: PreparedItem, quarantine_id: str) -> str:
        if item.rejected:
            return "still_rejected"
        command, state = self.command, open_state(self.uow, quarantine_id)
        if state is not None:
            # Before it is received, or that would close it as if its unit had sent it again.
            done = state_record(
                command.source, state, ItemState.REPLAYED, command_id=command.command_id
            )
            self.uow.write(done)
        outcome, _ = receive_again(Prepared(self._now(), (item,)), self.uow)
        return f"received_{outcome.value}"

    def _now(self) -> Arrived:
        """The delivery as it is received by this command: as old as it is."""
        was = self.prepared.arrived
        source = replace(self.command.source, received_at=was.source.received_at)
        return Arrived(source, was.envelope)
