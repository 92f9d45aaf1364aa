"""Arrive: read a delivery's envelope, and refuse what the envelope alone shows to be wrong. Pure.

Everything here follows from the record alone: no memory of earlier deliveries, no key, no payload.
The sender is checked first, then the content. The first check that fails gives the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kpr_stream.errors import ConfigurationError, WireFormatError
from kpr_stream.model.delivery import (
    TAG_BYTES,
    Arrived,
    DeliveryRefused,
    Encryption,
    Envelope,
    SourceRecord,
    is_delivery_id,
)
from kpr_stream.model.limits import (
    CLOCK_TOLERANCE_MS,
    FIRST_EXTRACTION_MS,
    HEADING_LETTERS,
    RECEIVER,
)
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.words import Cause, MessageType, Note, System
from kpr_stream.processor.intake.heading import VERSION_NOTES, heading_notes
from kpr_stream.schemas.catalogue import Schema
from kpr_stream.schemas.contract import item_schema
from kpr_stream.schemas.wire import decode

DIGEST_BYTES = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_PERIOD = ("period_from", "period_to")
"""Fields that decide nothing: no wrong value of them may cost a delivery."""
_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_DELIVERY_PREFIX = "kpr.hst.delivery."


def arrive(record: SourceRecord) -> Arrived | DeliveryRefused:
    """The delivery with its envelope, or its refusal. No bytes make this raise.

    ``record`` must come from a delivery topic (ValueError otherwise: a mistake of the caller).
    A refusal carries the envelope if that could be read. Its ``system`` is the topic's, since only
    that system may write there and reads the receipt.
    """
    envelope, causes = read_envelope(record)
    cause = next(causes, None)
    if cause is not None or envelope is None:
        return DeliveryRefused(record, cause or Cause.ENVELOPE_NOT_READABLE, envelope)
    # Nothing is extracted after it was received. A clock that is ahead within the tolerance would
    # otherwise make corrections stale until the right time has passed the wrong one.
    not_after = min(envelope.extracted_at, record.received_at)
    return Arrived(record, replace(envelope, extracted_at=not_after))


def read_envelope(record: SourceRecord) -> tuple[Envelope | None, Iterator[Cause]]:
    """The envelope as sent, and all that is wrong with it, in the order of the checks.

    A worker needs the first cause only, a vendor's dry run all of them. None: it is unreadable.
    """
    system = System(SOURCE_TOPICS[record.topic_index].removeprefix(_DELIVERY_PREFIX))
    if record.value is None:
        return None, iter((Cause.NO_VALUE,))
    if len(record.value) > RECEIVER.record_bytes:
        return None, iter((Cause.RECORD_TOO_LARGE,))
    try:
        raw = decode("delivery", record.value, as_numbers=_PERIOD)
    except WireFormatError as error:
        return None, iter((Cause(error.code),))
    envelope = _envelope(raw, system, heading_notes(raw, at=record.received_at))
    return envelope, _faults(record, envelope, raw["system"])


def item_contract(message_type: str, contract_version: str) -> Schema | None:
    """Schema of the items of a message type in a contract version; None if there is none."""
    if message_type not in {MessageType.CONSULTATION, MessageType.APPOINTMENT}:
        return None
    if not _VERSION.fullmatch(contract_version):
        return None
    try:
        return item_schema(MessageType(message_type), int(contract_version))
    except ConfigurationError:
        return None


def _envelope(raw: dict[str, Any], system: System, notes: tuple[Note, ...]) -> Envelope:
    encryption, district = raw["encryption"], raw["district_code"]
    # Cut before anything looks at them: each item of the delivery is judged with the heading. What
    # the receipt repeats is left out if it is no such word: it may be anything, also a person's id.
    return Envelope(
        delivery_id=raw["delivery_id"] if is_delivery_id(raw["delivery_id"]) else "",
        attempt=raw["attempt"],
        message_type=raw["message_type"] if raw["message_type"] in set(MessageType) else "",
        contract_version=raw["contract_version"][:HEADING_LETTERS],
        system=system,
        software_version="" if set(notes) & VERSION_NOTES else raw["software_version"],
        org_nr=raw["org_nr"][:HEADING_LETTERS],
        municipality_code=raw["municipality_code"][:HEADING_LETTERS],
        district_code=None if district is None else district[:HEADING_LETTERS],
        sequence=raw["sequence"],
        extracted_at=(raw["extracted_at"] - _EPOCH) // _MILLISECOND,
        item_count=raw["item_count"],
        content_digest=raw["content_digest"],
        encryption=Encryption(**encryption) if encryption else None,
        payload=raw["payload"],
        period_from=raw["period_from"],
        period_to=raw["period_to"],
        notes=notes,
    )


def _faults(record: SourceRecord, envelope: Envelope, system: str) -> Iterator[Cause]:
    yield from _identity_faults(record, envelope, system)
    yield from _content_faults(record, envelope)


def _identity_faults(record: SourceRecord, envelope: Envelope, system: str) -> Iterator[Cause]:
    if system != envelope.system:
        yield Cause.WRONG_SYSTEM
    # Whether this environment takes synthetic units is decided by ``admission``.
    if not is_org_nr(envelope.org_nr, synthetic_too=True):
        yield Cause.INVALID_ORG_NR
        return
    if record.key != envelope.org_nr.encode("ascii"):
        yield Cause.WRONG_KEY
    if record.partition != partition_of(envelope.org_nr):
        yield Cause.WRONG_PARTITION


def _content_faults(record: SourceRecord, envelope: Envelope) -> Iterator[Cause]:
    hello = envelope.message_type == MessageType.HELLO
    # In the order of ``refusals.toml``.
    found = {
        Cause.UNKNOWN_MESSAGE_TYPE: not envelope.message_type,
        Cause.CONTRACT_VERSION_UNKNOWN: not hello
        and item_contract(envelope.message_type, envelope.contract_version) is None,
        Cause.TOO_MANY_ITEMS: envelope.item_count > RECEIVER.items,
        Cause.DELIVERY_ID_NOT_UUID: not envelope.delivery_id,
        Cause.ATTEMPT_BELOW_ONE: envelope.attempt < 1,
        # Encrypted, the empty payload of a hello is a tag.
        Cause.HELLO_WITH_CONTENT: hello
        and (
            envelope.sequence != 0 or envelope.item_count != 0 or len(envelope.payload) > TAG_BYTES
        ),
        Cause.SEQUENCE_BELOW_ONE: not hello and envelope.sequence < 1,
        Cause.ITEM_COUNT_NEGATIVE: not hello and envelope.item_count < 0,
        Cause.DIGEST_NOT_32_BYTES: not hello and len(envelope.content_digest) != DIGEST_BYTES,
        Cause.CLOCK_AHEAD: envelope.extracted_at > record.received_at + CLOCK_TOLERANCE_MS,
        Cause.CLOCK_BEHIND: envelope.extracted_at < FIRST_EXTRACTION_MS,
    }
    yield from (cause for cause, is_so in found.items() if is_so)
