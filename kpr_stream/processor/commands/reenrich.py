"""Re-enrich: cleaned consultations made anew from themselves and today's reference data. Pure.

Only the newest record of a key is looked at, and only what differs is written: a revision of the
same statement of the same unit. A slice at a time; the answer says where the next begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kpr_stream.model.command import Command, CommandRefusal, ResultStatus, refusal
from kpr_stream.model.header import HeaderStatus
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import CONSULTATION
from kpr_stream.model.words import RecordStatus
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.commands.log_slice import LogRecord, SliceRead
from kpr_stream.processor.commands.rejudge import EnrichAgain, same_content
from kpr_stream.processor.decide.known_ids import known_ids
from kpr_stream.processor.decide.superseded_content import said_again
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.state.entries import consultation_entry_key, read_entry
from kpr_stream.processor.state.known import KnownRecord
from kpr_stream.schemas import wire

_RECORD = "consultation"


def reenrich(command: Command, found: SliceRead, uow: UnitOfWork, again: EnrichAgain) -> Effects:
    """Enrich a slice of consultations again; OTHER_REFERENCE if this worker has other data."""
    if command.text("reference") != uow.emitter.versions.reference:
        raise refusal(
            CommandRefusal.OTHER_REFERENCE,
            f"This worker has reference data {uow.emitter.versions.reference}.",
        )
    standing = _standing(found, uow)
    before = [wire.decode(_RECORD, record.value or b"") for record, _ in standing]
    live = [at for at, content in enumerate(before) if content["status"] == RecordStatus.LIVE]
    counts = Counter(
        records=len(found.records),
        standing=len(live),
        changed=0,
        next_offset=found.next_offset,
        end_offset=found.end_offset,
        complete=int(found.complete),
    )
    for at, made in zip(live, again([before[at] for at in live]), strict=True):
        record, known = standing[at]
        key = bytes.fromhex((record.key or b"").decode())
        persons = known_ids(uow, key, known.person_key)
        content = uow.emitter.still_allowed(dict(made), persons)
        if not same_content(before[at], content):
            uow.write(_revised(command, record, known, content))
            counts["changed"] += 1
    return Effects(status=ResultStatus.DONE, counts=dict(counts))


def _standing(found: SliceRead, uow: UnitOfWork) -> list[tuple[LogRecord, KnownRecord]]:
    """The records that are the newest of their keys, and hold content."""
    keyed = [
        (r, consultation_entry_key(bytes.fromhex((r.key or b"").decode()))) for r in found.records
    ]
    uow.overlay.prefetch(key for _, key in keyed)
    standing = []
    for record, key in keyed:
        entry = uow.overlay.get(key)
        known = read_entry(entry) if entry else None
        if known and known.status is HeaderStatus.LIVE and known.offset == record.offset:
            standing.append((record, known))
    return standing


def _revised(
    command: Command, record: LogRecord, known: KnownRecord, content: Mapping[str, Any]
) -> OutputRecord:
    source = command.source
    header = said_again(source, known)
    value = wire.encode(_RECORD, dict(content))
    return OutputRecord(CONSULTATION, record.key or b"", value, header, source.received_at)
