"""Seal a payload into a delivery: numbered, and encrypted for the receiver alone."""

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
"""The payload of a hello."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryHeader:
    """The clear part of a delivery, without its number.

    ``extracted_at`` is in ms since 1970.
    """

    system: System
    software_version: str
    message_type: MessageType
    contract_version: str
    municipality_code: str
    district_code: str | None
    period_from: date
    period_to: date
    extracted_at: int


def seal_delivery(
    packed: Packed,
    header: DeliveryHeader,
    *,
    org_nr: str,
    sequence: int,
    delivery_id: str,
    key: PublicKey,
    random: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """Return the delivery as an Avro record, attempt 0.

    The content key is random and used once.
    """
    encrypted = envelope.encrypt(
        packed.payload,
        key_id=key.key_id,
        public_key=key.key,
        content_key=random(envelope.CONTENT_KEY_BYTES),
        nonce=random(envelope.NONCE_BYTES),
        bound_to=envelope.associated_data(
            org_nr=org_nr,
            system=header.system,
            sequence=sequence,
            delivery_id=delivery_id,
            message_type=header.message_type,
            contract_version=header.contract_version,
        ),
    )
    record: dict[str, Any] = {
        "delivery_id": delivery_id,
        "attempt": 0,
        "message_type": header.message_type,
        "contract_version": header.contract_version,
        "system": header.system,
        "software_version": header.software_version,
        "org_nr": org_nr,
        "municipality_code": header.municipality_code,
        "district_code": header.district_code,
        "sequence": sequence,
        "period_from": header.period_from,
        "period_to": header.period_to,
        "extracted_at": header.extracted_at,
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
    """Return the same delivery as attempt number ``attempt``."""
    return wire.encode("delivery", wire.decode("delivery", record) | {"attempt": attempt})


def new_delivery_id() -> str:
    """Return a random UUID."""
    return str(uuid.uuid4())
