"""Put a sender's bytes where the receiver finds them: on a topic, or in an envelope. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kpr_stream.dry_receiver.payload import count_items
from kpr_stream.errors import ContractError
from kpr_stream.keys.envelope import content_digest
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import SOURCE_TOPICS, delivery_topic
from kpr_stream.model.words import Cause, MessageType, System
from kpr_stream.schemas.contract import ITEM_RECORDS
from kpr_stream.schemas.wire import encode

CONTRACT_VERSION: Final = "1"
NO_DELIVERY: Final = "00000000-0000-4000-8000-000000000000"
"""Id of the envelope that a container gets for its dry run."""
ANY_UNIT: Final = "974760673"
"""An org number that every environment takes: a container does not say whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What an envelope says and a clear container does not."""

    system: System
    message_type: MessageType = MessageType.CONSULTATION
    municipality_code: str
    org_nr: str = ANY_UNIT


def source_of(
    value: bytes,
    system: System,
    *,
    at_ms: int,
    key: bytes | None = None,
    partition: int | None = None,
    org_nr: str = "",
) -> SourceRecord:
    """Return a record of a system's topic. ``at_ms``: the broker's time, in ms.

    ``org_nr`` is the envelope's; key and partition are the right ones for it unless given.
    """
    known = is_org_nr(org_nr, synthetic_too=True)
    return SourceRecord(
        topic_index=SOURCE_TOPICS.index(delivery_topic(system)),
        partition=partition if partition is not None else partition_of(org_nr) if known else 0,
        offset=0,
        received_at=at_ms,
        key=key if key is not None else org_nr.encode() if known else b"",
        value=value,
    )


def wrapped(clear: bytes, assumed: Assumption, *, at_ms: int) -> SourceRecord:
    """Return a container in an envelope that is right, not encrypted. ``at_ms``: now, in ms."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    value = encode(
        "delivery",
        {
            "delivery_id": NO_DELIVERY,
            "attempt": 1,
            "message_type": assumed.message_type.value,
            "contract_version": CONTRACT_VERSION,
            "system": assumed.system.value,
            "software_version": "dry-run",
            "org_nr": assumed.org_nr,
            "municipality_code": assumed.municipality_code,
            "district_code": None,
            "sequence": 1,
            "period_from": at.date(),
            "period_to": at.date(),
            "extracted_at": at,
            "item_count": _items_in(clear, assumed.message_type),
            "content_digest": content_digest(clear),
            "encryption": None,
            "payload": clear,
        },
    )
    return source_of(value, assumed.system, at_ms=at_ms, org_nr=assumed.org_nr)


def message_type_of(clear: bytes) -> MessageType:
    """Return the message type whose schema a container has; a consultation if it has none."""
    for message_type in ITEM_RECORDS:
        try:
            count_items(clear, message_type, CONTRACT_VERSION)
        except ContractError as error:
            if error.code == Cause.OTHER_SCHEMA:
                continue
        return message_type
    return MessageType.CONSULTATION


def _items_in(clear: bytes, message_type: MessageType) -> int:
    """Return the number of items of a container; 0 if it is not readable."""
    try:
        return count_items(clear, message_type, CONTRACT_VERSION)
    except ContractError:
        return 0
