"""Replay the deliveries of some days: judge and enrich them again by what is in force. Pure.

A live record that came from a delivery is written again where it differs. An item that was
rejected, and is open in quarantine, is received if it is not rejected any more. Nothing that is
live is withdrawn: what today's rules would reject is only counted. There are no receipts, because
nothing has changed for the unit.

Only the attempt that was taken is replayed. Those that were refused, came out of order or were
repeats are left out, so that no record gets the time of an attempt that did not bring it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kpr_stream.model.command import Command, ResultStatus
from kpr_stream.model.delivery import (
    Arrived,
    Decrypted,
    DeliveryRefused,
    Prepared,
    PreparedItem,
    SourceRecord,
)
from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.quarantine import ItemState
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.words import MessageType, Operation, System, system_number
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.commands.log_slice import SliceRead
from kpr_stream.processor.commands.rejudge import Rejudge, same_content
from kpr_stream.processor.commands.taken import is_from, may_be_taken
from kpr_stream.processor.decide.items import entry_key_of, item_key, write_person
from kpr_stream.processor.decide.link_records import named_person, write_links
from kpr_stream.processor.decide.quarantine import next_state_record, open_state
from kpr_stream.processor.decide.receive_again import receive_again
from kpr_stream.processor.decide.supersede import unit_systems
from kpr_stream.processor.decide.superseded_content import flip_status
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.cleaned import CLEANED, live_record
from kpr_stream.processor.emit.person_keys import is_erased, natural_key, person_key
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.state.entries import read_entry
from kpr_stream.processor.state.known import ContentVersion, KnownRecord
from kpr_stream.schemas import wire


def replay(command: Command, found: SliceRead, uow: UnitOfWork, rejudge: Rejudge) -> Effects:
    """Judge a slice of deliveries again; with ``dry_run``, only report what would change.

    The counts say where the next slice begins, and whether there is one.
    """
    dry = (command.arguments or {}).get("dry_run") == "1"
    counts: Counter[str] = Counter(deliveries=0)
    for prepared in _judged(command, found, rejudge):
        if command.org_nr in (None, prepared.arrived.envelope.org_nr):
            replayed = _Replay(command, prepared, uow).items()
            counts["deliveries" if replayed is not None else "left_out"] += 1
            counts.update(replayed or {})
    counts["next_offset"] = found.next_offset
    counts["complete"] = int(found.complete)
    return Effects(status=ResultStatus.DONE, counts=dict(counts), dry=dry)


def _judged(command: Command, found: SliceRead, rejudge: Rejudge) -> Iterator[Prepared]:
    """Yield the deliveries that can be decrypted; the others were refused when they came."""
    index = SOURCE_TOPICS.index(delivery_topic(System(command.system or "")))
    decrypted = []
    for record in found.records:
        source = SourceRecord(
            topic_index=index,
            partition=command.source.partition,
            offset=record.offset,
            received_at=record.received_at,
            key=record.key,
            value=record.value,
        )
        arrived = arrive(source)
        if isinstance(arrived, Arrived) and arrived.envelope.message_type != MessageType.HELLO:
            decrypted.append(rejudge.decrypt(arrived))
    ready = rejudge.prepare([one for one in decrypted if isinstance(one, Decrypted)])
    return (one for one in ready if not isinstance(one, DeliveryRefused))


@dataclass(frozen=True, slots=True)
class _Replay:
    """One delivery that is replayed."""

    command: Command
    prepared: Prepared
    uow: UnitOfWork

    def items(self) -> Counter[str] | None:
        """Replay the items; count them by what became of each. None: this attempt is left out.

        Of several items under one id, the one that the register has is looked at, or else the last.
        """
        arrived, emitter = self.prepared.arrived, self.uow.emitter
        if not may_be_taken(arrived, self.uow):
            return None
        still_open: list[tuple[PreparedItem, str]] = []
        by_key: dict[bytes, list[PreparedItem]] = {}
        for item in self.prepared.items:
            key = item_key(emitter, arrived.envelope, item)
            open_id = self._open_quarantine_id(item)
            if open_id is not None:
                still_open.append((item, open_id))
            elif key is not None and item.operation is Operation.UPSERT:
                by_key.setdefault(key, []).append(item)
        live = {
            key: (item, known)
            for key, items in by_key.items()
            for item in items
            if (known := self._live(key, item))
        }
        ours = {key for key, (_, known) in live.items() if is_from(arrived, key, known, self.uow)}
        if live and not ours and not still_open:
            return None
        counts = Counter(self._receive(item, open_id) for item, open_id in still_open)
        for key in by_key:
            counts[self._rewrite(key, *live[key]) if key in ours else "not_standing"] += 1
        return counts

    def _live(self, key: bytes, item: PreparedItem) -> KnownRecord | None:
        """Return the live record with what this item reports; None if there is none."""
        envelope = self.prepared.arrived.envelope
        entry = self.uow.overlay.get(entry_key_of(envelope.message_type)(key))
        known = read_entry(entry) if entry else None
        content_hash = self.uow.emitter.pseudonyms.content_hash(item.content)
        reported = ContentVersion(envelope.extracted_at, envelope.sequence), content_hash
        if known is None or (known.version, known.content_hash) != reported:
            return None
        own = known.system == system_number(envelope.system)
        return known if own and known.status is HeaderStatus.LIVE else None

    def _rewrite(self, key: bytes, item: PreparedItem, known: KnownRecord) -> str:
        if item.rejected:
            return "now_rejected"
        uow, emitter = self.uow, self.uow.emitter
        arrived = self._as_received_now()
        envelope = arrived.envelope
        person = person_key(emitter, envelope, item)
        erased = is_erased(emitter, envelope, item)
        natural = NO_KEY if erased else natural_key(emitter, envelope, item, person)
        live = live_record(
            emitter,
            arrived,
            item,
            key=key,
            person_key=person,
            natural_key=natural,
            content_hash=known.content_hash,
            erased=erased,
            revision=known.revision + 1,
        )
        if self._same(live, known):
            return "unchanged"
        systems = unit_systems(uow, envelope.org_nr, envelope.system, at=arrived.source.received_at)
        uow.write(live)
        if person is not None and not erased:
            write_person(arrived.source, item, person, uow)
        named = None if erased else named_person(emitter, envelope, item, person)
        write_links(arrived, key, named, uow, known=True, deleted=False)
        if natural != known.natural_key:
            for flip in systems.status_flips({natural, known.natural_key}):
                flip_status(arrived.source, flip, uow)
        return "changed"

    def _same(self, live: OutputRecord, known: KnownRecord) -> bool:
        current = self.uow.contents.of(LogPosition(live.topic, known.offset, live.key))
        if current is None or live.value is None:
            return True  # the content is read back, and the command carried out again
        name, *_ = CLEANED[self.prepared.arrived.envelope.message_type]
        return same_content(wire.decode(name, current), wire.decode(name, live.value))

    def _open_quarantine_id(self, item: PreparedItem) -> str | None:
        """Return the quarantine id of an item that this delivery left open; else None."""
        source = self.prepared.arrived.source
        found = self.uow.emitter.pseudonyms.quarantine_id(
            SOURCE_TOPICS[source.topic_index], source.partition, source.offset, item.index
        ).hex()
        return found if open_state(self.uow, found) else None

    def _receive(self, item: PreparedItem, quarantine_id: str) -> str:
        if item.rejected:
            return "still_rejected"
        command, state = self.command, open_state(self.uow, quarantine_id)
        if state is not None:
            # The state is written first: receiving closes an open item as sent again by its unit.
            done = next_state_record(
                self.uow, command.source, state, ItemState.REPLAYED, command_id=command.command_id
            )
            self.uow.write(done)
        outcome, _ = receive_again(Prepared(self._as_received_now(), (item,)), self.uow)
        return f"received_{outcome.value}"

    def _as_received_now(self) -> Arrived:
        """Return the delivery as caused by this command, with the broker time that it has."""
        was = self.prepared.arrived
        source = replace(self.command.source, received_at=was.source.received_at)
        return Arrived(source, was.envelope)
