"""Flip a record between live and superseded, with the content that has to be read back. Pure."""

from __future__ import annotations

from kpr_stream.model import topics
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.header import HeaderStatus
from kpr_stream.processor.decide.link_records import known_person_keys
from kpr_stream.processor.decide.supersede import StatusFlip
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.cleaned import restated_record
from kpr_stream.processor.emit.superseded import (
    discard_kept_content,
    restored_record,
    supersede_record,
)
from kpr_stream.processor.state.contents import LogPosition
from kpr_stream.processor.state.entries import offset_of, superseded_entry_key


def flip_status(source: SourceRecord, flip: StatusFlip, uow: UnitOfWork) -> None:
    """Write the records of a status flip that ``source``, a delivery or command, causes.

    A content that is not at hand is noted as missing; see ``state/contents``.
    """
    known, key = flip.known, flip.key.hex().encode()
    if flip.to is HeaderStatus.SUPERSEDED:
        value = uow.contents.of(LogPosition(topics.CONSULTATION, known.offset, key))
        live = restated_record(source, key, known, value)
        for record in supersede_record(uow.emitter, live, flip.winner_key):
            uow.write(record)
        return
    kept_at = offset_of(uow.overlay.get(superseded_entry_key(flip.key)))
    if kept_at is None:
        return  # the content was erased in the meantime: nothing can come back
    kept = uow.contents.of(LogPosition(topics.SUPERSEDED, kept_at, key))
    person_keys = known_person_keys(uow, flip.key, known.person_key)
    live = restored_record(uow.emitter, source, key, known, kept=kept, person_keys=person_keys)
    uow.write(live)
    uow.write(discard_kept_content(live))
