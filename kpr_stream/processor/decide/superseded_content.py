"""Put aside: a superseded record's content is kept apart, sealed, with a marker in its place; and
brought back when nothing of a newer system stands there any more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kpr_stream.model import topics
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.header import HeaderStatus, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import RecordStatus
from kpr_stream.processor.decide.known_ids import known_ids
from kpr_stream.processor.decide.supersede import Turn
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.emitter import MARKER_FIELDS, Emitter
from kpr_stream.processor.state.contents import PENDING, LogPosition
from kpr_stream.processor.state.entries import offset_of, superseded_entry_key
from kpr_stream.processor.state.known import KnownRecord
from kpr_stream.schemas import wire

_RECORD: Final = "consultation"


def put_aside(emitter: Emitter, live: OutputRecord, winner_key: bytes) -> list[OutputRecord]:
    """A record with content as it would be written, as marker and content kept apart."""
    header = replace(live.header, status=HeaderStatus.SUPERSEDED)
    if live.value is None or live.value == PENDING:
        marker = kept = PENDING
    else:
        content = wire.decode(_RECORD, live.value)
        shared = {name: content[name] for name in MARKER_FIELDS}
        marker = wire.encode(_RECORD, shared | {"status": RecordStatus.SUPERSEDED.value})
        apart = {
            "consultation_key": live.key.decode(),
            "winner_key": winner_key.hex(),
            "sealed": emitter.superseded.seal(live.value, record_key=live.key),
        }
        kept = wire.encode("superseded", apart)
    return [
        replace(live, topic=topics.SUPERSEDED, value=kept, header=header),
        replace(live, value=marker, header=header),
    ]


def nothing_apart(record: OutputRecord) -> OutputRecord:
    """The end of what was kept apart for a key that ``record`` has written anew."""
    header = LedgerHeader(record.header.source_topic, record.header.source_offset)
    return replace(record, topic=topics.SUPERSEDED, value=None, header=header)


def turn(source: SourceRecord, change: Turn, uow: UnitOfWork) -> None:
    """Write what becomes of another system's record; ``source`` is the delivery that did it."""
    known, key = change.known, change.key.hex().encode()
    header = said_again(source, known)
    if change.to is HeaderStatus.SUPERSEDED:
        value = uow.contents.of(LogPosition(topics.CONSULTATION, known.offset, key))
        live = OutputRecord(topics.CONSULTATION, key, value, header, source.received_at)
        for record in put_aside(uow.emitter, live, change.winner_key):
            uow.write(record)
        return
    kept_at = offset_of(uow.overlay.get(superseded_entry_key(change.key)))
    if kept_at is None:
        return  # its content was erased meanwhile: there is nothing to bring back
    kept = uow.contents.of(LogPosition(topics.SUPERSEDED, kept_at, key))
    persons = known_ids(uow, change.key, header.person_key)
    live = _brought_back(uow.emitter, key, kept, header, persons, source.received_at)
    uow.write(live)
    uow.write(nothing_apart(live))


def _brought_back(
    emitter: Emitter,
    key: bytes,
    kept: bytes | None,
    header: LedgerHeader,
    persons: frozenset[bytes],
    at: int,
) -> OutputRecord:
    value = PENDING
    if kept is not None:
        sealed = wire.decode("superseded", kept)["sealed"]
        content = wire.decode(_RECORD, emitter.superseded.open(sealed, record_key=key))
        value = wire.encode(_RECORD, emitter.still_allowed(content, persons))
    return OutputRecord(topics.CONSULTATION, key, value, header, at)


def said_again(source: SourceRecord, known: KnownRecord) -> LedgerHeader:
    """The header of a record that its own system has said nothing new about."""
    return LedgerHeader(
        source.topic_index,
        source.offset,
        HeaderStatus.LIVE,
        known.version.extracted_at,
        known.version.sequence,
        known.natural_key,
        known.person_key,
        known.content_hash,
        known.system,
        known.revision + 1,
    )
