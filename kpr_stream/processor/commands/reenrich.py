"""Enrich cleaned consultations again, from themselves and the reference data in force. Pure.

Only the newest record of a key is looked at, and only a record that differs is written: a revision
of what its unit reported. A command covers one slice; its counts say where the next begins.
"""

from __future__ import annotations

from collections import Counter

from kpr_stream.model.command import Command, CommandRefusal, ResultStatus, refusal
from kpr_stream.model.header import HeaderStatus
from kpr_stream.model.words import RecordStatus
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.commands.log_slice import LogRecord, SliceRead
from kpr_stream.processor.commands.rejudge import EnrichAgain, same_content
from kpr_stream.processor.decide.link_records import known_person_keys
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.cleaned import revised_record, still_allowed
from kpr_stream.processor.state.entries import consultation_entry_key, read_entry
from kpr_stream.processor.state.known import KnownRecord
from kpr_stream.schemas import wire

_RECORD = "consultation"


def reenrich(
    command: Command, found: SliceRead, uow: UnitOfWork, enrich_again: EnrichAgain
) -> Effects:
    """Enrich a slice of consultations again; OTHER_REFERENCE if this worker has other data."""
    if command.text("reference") != uow.emitter.versions.reference:
        raise refusal(
            CommandRefusal.OTHER_REFERENCE,
            f"This worker has reference data {uow.emitter.versions.reference}.",
        )
    newest = _newest_live(found, uow)
    before = [wire.decode(_RECORD, record.value or b"") for record, _ in newest]
    with_content = [at for at, one in enumerate(before) if one["status"] == RecordStatus.LIVE]
    counts = Counter(
        records=len(found.records),
        standing=len(with_content),
        changed=0,
        next_offset=found.next_offset,
        end_offset=found.end_offset,
        complete=int(found.complete),
    )
    enriched = enrich_again([before[at] for at in with_content])
    for at, made in zip(with_content, enriched, strict=True):
        record, known = newest[at]
        key = record.key or b""
        person_keys = known_person_keys(uow, bytes.fromhex(key.decode()), known.person_key)
        content = still_allowed(uow.emitter, dict(made), person_keys)
        if not same_content(before[at], content):
            uow.write(revised_record(command.source, key, known, content))
            counts["changed"] += 1
    return Effects(status=ResultStatus.DONE, counts=dict(counts))


def _newest_live(found: SliceRead, uow: UnitOfWork) -> list[tuple[LogRecord, KnownRecord]]:
    """Return the records that are the newest of their keys, and live."""
    keyed = [
        (r, consultation_entry_key(bytes.fromhex((r.key or b"").decode()))) for r in found.records
    ]
    uow.overlay.prefetch(key for _, key in keyed)
    newest = []
    for record, key in keyed:
        entry = uow.overlay.get(key)
        known = read_entry(entry) if entry else None
        if known and known.status is HeaderStatus.LIVE and known.offset == record.offset:
            newest.append((record, known))
    return newest
