"""Closing a payload into a delivery: numbered, encrypted for the receiver alone."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from kpr_stream.connectors.delivery.pack import Packed
from kpr_stream.keys import envelope
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.words import MessageType, System
from kpr_stream.schemas import wire

EMPTY = Packed(0, b"")
"""What a hello carries."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What the clear part of a delivery says beside its number. ``extracted_at`` in ms."""

    system: System
    software_version: str
    message_type: MessageType
    contract_version: str
    municipality_code: str
    district_code: str | None
    period_from: date
    period_to: date
    extracted_at: int


def close(
    packed: Packed,
    heading: Heading,
    *,
    org_nr: str,
    sequence: int,
    delivery_id: str,
    key: PublicKey,
    random: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """The delivery as an Avro record, attempt 0. Its content key is random and used once."""
    encrypted = envelope.encrypt(
        packed.payload,
        key_id=key.key_id,
        public_key=key.key,
        content_key=random(envelope.CONTENT_KEY_BYTES),
        nonce=random(envelope.NONCE_BYTES),
        bound_to=envelope.associated_data(
            org_nr=org_nr,
            system=heading.system,
            sequence=sequence,
            delivery_id=delivery_id,
            message_type=heading.message_type,
            contract_version=heading.contract_version,
        ),
    )
    record: dict[str, Any] = {
        "delivery_id": delivery_id,
        "attempt": 0,
        "message_type": heading.message_type,
        "contract_version": heading.contract_version,
        "system": heading.system,
        "software_version": heading.software_version,
        "org_nr": org_nr,
        "municipality_code": heading.municipality_code,
        "district_code": heading.district_code,
        "sequence": sequence,
        "period_from": heading.period_from,
        "period_to": heading.period_to,
        "extracted_at": heading.extracted_at,
        "item_count": packed.item_count,
        "content_digest": envelope.content_digest(packed.payload),
        "encryption": {
            "key_id": encrypted.key_id,
            "wrapped_key": encrypted.wrapped_key,
            "nonce": encrypted.nonce,
        },
        "payload": encrypted.ciphertext,
    }
    return wire.encode("delivery", record)


def with_attempt(record: bytes, attempt: int) -> bytes:
    """The same delivery as its attempt number ``attempt``."""
    return wire.encode("delivery", wire.decode("delivery", record) | {"attempt": attempt})


def new_delivery_id() -> str:
    """A random UUID."""
    return str(uuid.uuid4())
