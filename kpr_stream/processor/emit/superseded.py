"""Superseded consultations: a marker on the topic, the content kept apart, sealed. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from kpr_stream.model import topics
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.header import HeaderStatus, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import RecordStatus
from kpr_stream.processor.emit.cleaned import MARKER_FIELDS, restated_record, still_allowed
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.state.contents import PENDING
from kpr_stream.processor.state.known import KnownRecord
from kpr_stream.schemas import wire

_RECORD: Final = "consultation"


def supersede_record(
    emitter: Emitter, live: OutputRecord, winner_key: bytes
) -> tuple[OutputRecord, OutputRecord]:
    """Return a live record as two: its content kept apart, and the marker in its place."""
    header = replace(live.header, status=HeaderStatus.SUPERSEDED)
    if live.value is None or live.value == PENDING:
        marker = kept = PENDING
    else:
        content = wire.decode(_RECORD, live.value)
        shared = {name: content[name] for name in MARKER_FIELDS}
        marker = wire.encode(_RECORD, shared | {"status": RecordStatus.SUPERSEDED.value})
        kept_content = {
            "consultation_key": live.key.decode(),
            "winner_key": winner_key.hex(),
            "sealed": emitter.superseded.seal(live.value, record_key=live.key),
        }
        kept = wire.encode("superseded", kept_content)
    return (
        live._replace(topic=topics.SUPERSEDED, value=kept, header=header),
        live._replace(value=marker, header=header),
    )


def restored_record(
    emitter: Emitter,
    source: SourceRecord,
    key: bytes,
    known: KnownRecord,
    *,
    kept: bytes | None,
    person_keys: Collection[bytes],
) -> OutputRecord:
    """Return a superseded record live again; its value is ``PENDING`` while ``kept`` is missing.

    ``kept`` is the value kept apart. Its content is limited to the rights of its person today.
    """
    value = PENDING
    if kept is not None:
        sealed = wire.decode("superseded", kept)["sealed"]
        content = wire.decode(_RECORD, emitter.superseded.open(sealed, record_key=key))
        value = wire.encode(_RECORD, still_allowed(emitter, content, person_keys))
    return restated_record(source, key, known, value)


def discard_kept_content(record: OutputRecord) -> OutputRecord:
    """Return the deletion of the content kept apart for a key that ``record`` writes again."""
    header = LedgerHeader(
        source_topic=record.header.source_topic, source_offset=record.header.source_offset
    )
    return record._replace(topic=topics.SUPERSEDED, value=None, header=header)
