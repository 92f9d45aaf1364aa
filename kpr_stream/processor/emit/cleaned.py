"""Cleaned records: consultations and appointments, live or as markers of a deletion. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kpr_stream.model import topics
from kpr_stream.model.delivery import Arrived, Envelope, PreparedItem, SourceRecord
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.words import MessageType, RecordStatus, system_number
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.person_keys import keys_of
from kpr_stream.processor.state.known import KnownRecord
from kpr_stream.schemas import rows, wire

CLEANED: dict[str, tuple[str, str, str]] = {
    MessageType.CONSULTATION: ("consultation", topics.CONSULTATION, "consultation_key"),
    MessageType.APPOINTMENT: ("appointment", topics.APPOINTMENT, "appointment_key"),
}
"""Schema, topic and key field of the cleaned records of a message type."""
MARKER_FIELDS = (
    "consultation_key",
    "status",
    "org_nr",
    "system",
    "extracted_at",
    "sequence",
    "received_at",
    "rule_set_version",
    "reference_version",
)
"""The fields of a consultation that its marker keeps."""


def live_record(
    emitter: Emitter,
    arrived: Arrived,
    item: PreparedItem,
    *,
    key: bytes,
    person_key: bytes | None,
    natural_key: bytes,
    content_hash: bytes,
    erased: bool,
    revision: int = 0,
) -> OutputRecord:
    """Return the cleaned record of an accepted or corrected item; of an erased person, a marker.

    ``revision`` is 0 for what the delivery reports, and counts on where a command writes again.
    """
    envelope = arrived.envelope
    if erased:
        # The header still says LIVE with the item's hash, so that outcomes and receipts do not
        # show whether a person was erased.
        header = _header(arrived, HeaderStatus.LIVE, content_hash=content_hash, revision=revision)
        return _marker(emitter, arrived, key, header)
    decided = {
        **_marker_fields(emitter, arrived, key, RecordStatus.LIVE),
        "person_key": person_key.hex() if person_key else None,
    }
    if item.group_id is not None:
        decided["group_key"] = emitter.pseudonyms.group_key(
            envelope.org_nr, envelope.system, item.group_id
        ).hex()
    header = _header(
        arrived,
        HeaderStatus.LIVE,
        natural_key=natural_key,
        person_key=person_key or NO_KEY,
        content_hash=content_hash,
        revision=revision,
    )
    return _cleaned(arrived, key, _allowed(emitter, envelope, item, person_key), decided, header)


def deleted_record(emitter: Emitter, arrived: Arrived, key: bytes) -> OutputRecord:
    """Return the marker of a deleted consultation or appointment."""
    return _marker(emitter, arrived, key, _header(arrived, HeaderStatus.DELETED))


def revised_record(
    source: SourceRecord, key: bytes, known: KnownRecord, content: Mapping[str, Any]
) -> OutputRecord:
    """Return a consultation's record with other content, though its system reported nothing new."""
    return restated_record(source, key, known, wire.encode("consultation", dict(content)))


def restated_record(
    source: SourceRecord, key: bytes, known: KnownRecord, value: bytes | None
) -> OutputRecord:
    """Return a known record as caused by ``source``, though its system reported nothing new."""
    header = restated_header(source, known)
    return OutputRecord(topics.CONSULTATION, key, value, header, source.received_at)


def still_allowed(
    emitter: Emitter, content: dict[str, Any], person_keys: Collection[bytes]
) -> dict[str, Any]:
    """Return the content of a record that is written again, limited to its person's rights."""
    rights = emitter.rights
    if not rights.persons or not person_keys:
        return content
    if rights.is_erased(person_keys, tuple):
        shared = {name: content[name] for name in content if name in MARKER_FIELDS}
        return shared | {"status": RecordStatus.DELETED.value}
    return dict(rights.without_reserved(person_keys, content, emitter.pointer_of))


def restated_header(source: SourceRecord, known: KnownRecord) -> LedgerHeader:
    """Return the header of a record that is written again though its system reported nothing new.

    Time and sequence stay those of the report; the revision counts one further.
    """
    return LedgerHeader.caused_by(
        source,
        HeaderStatus.LIVE,
        extracted_at=known.version.extracted_at,
        sequence=known.version.sequence,
        natural_key=known.natural_key,
        person_key=known.person_key,
        content_hash=known.content_hash,
        system=known.system,
        revision=known.revision + 1,
    )


def _allowed(
    emitter: Emitter, envelope: Envelope, item: PreparedItem, person_key: bytes | None
) -> Mapping[str, Any]:
    """Return an item's content without what its person has reserved."""
    if not emitter.rights.persons or person_key is None:
        return item.cleaned
    keys = (person_key, *keys_of(emitter, envelope, item.other_ids))
    return emitter.rights.without_reserved(keys, item.cleaned, emitter.pointer_of)


def _marker_fields(
    emitter: Emitter, arrived: Arrived, key: bytes, status: RecordStatus
) -> dict[str, Any]:
    envelope = arrived.envelope
    return {
        CLEANED[envelope.message_type][2]: key.hex(),
        "status": status.value,
        "org_nr": envelope.org_nr,
        "system": envelope.system.value,
        "extracted_at": envelope.extracted_at,
        "sequence": envelope.sequence,
        "received_at": arrived.source.received_at,
        "rule_set_version": emitter.versions.rule_set,
        "reference_version": emitter.versions.reference,
    }


def _marker(emitter: Emitter, arrived: Arrived, key: bytes, header: LedgerHeader) -> OutputRecord:
    fields = _marker_fields(emitter, arrived, key, RecordStatus.DELETED)
    return _cleaned(arrived, key, {}, fields, header)


def _cleaned(
    arrived: Arrived,
    key: bytes,
    content: Mapping[str, Any],
    decided: Mapping[str, Any],
    header: LedgerHeader,
) -> OutputRecord:
    name, topic, _ = CLEANED[arrived.envelope.message_type]
    value = rows.encode(name, content, decided)
    return OutputRecord(topic, key.hex().encode(), value, header, arrived.source.received_at)


def _header(
    arrived: Arrived,
    status: HeaderStatus,
    *,
    natural_key: bytes = NO_KEY,
    person_key: bytes = NO_KEY,
    content_hash: bytes = NO_KEY,
    revision: int = 0,
) -> LedgerHeader:
    envelope = arrived.envelope
    return LedgerHeader.caused_by(
        arrived.source,
        status,
        extracted_at=envelope.extracted_at,
        sequence=envelope.sequence,
        natural_key=natural_key,
        person_key=person_key,
        content_hash=content_hash,
        system=system_number(envelope.system),
        revision=revision,
    )
