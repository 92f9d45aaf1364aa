"""Decrypt a delivery and check it against its envelope, without decoding its items."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.errors import ContractError
from kpr_stream.keys.envelope import EncryptedPayload, associated_data, content_digest, decrypt
from kpr_stream.model.delivery import Arrived, Decrypted, DeliveryRefused, Envelope
from kpr_stream.model.words import Cause
from kpr_stream.processor.intake.arrive import item_contract
from kpr_stream.schemas.container import read_container


def decrypt_delivery(
    arrived: Arrived, private_keys: Mapping[str, RSAPrivateKey], *, allow_clear: bool
) -> Decrypted | DeliveryRefused:
    """The delivery's clear blocks, or its refusal.

    ``allow_clear`` accepts an unencrypted payload: a test setting. Not for a hello: a hello has no
    payload and no contract, and is refused UNKNOWN_CONTRACT.
    """
    envelope = arrived.envelope
    contract = item_contract(envelope.message_type, envelope.contract_version)
    if contract is None:
        return DeliveryRefused(arrived.source, Cause.CONTRACT_VERSION_UNKNOWN, envelope)
    if envelope.encryption is None and not allow_clear:
        return DeliveryRefused(arrived.source, Cause.CLEAR_PAYLOAD, envelope)
    try:
        clear = clear_payload(envelope, private_keys)
        if not hmac.compare_digest(content_digest(clear), envelope.content_digest):
            return DeliveryRefused(arrived.source, Cause.DIGEST_MISMATCH, envelope)
        blocks = read_container(clear, contract)
    except ContractError as error:
        return DeliveryRefused(arrived.source, Cause(error.code), envelope)
    if sum(count for count, _ in blocks) != envelope.item_count:
        return DeliveryRefused(arrived.source, Cause.COUNT_MISMATCH, envelope)
    return Decrypted(arrived, blocks)


def clear_payload(envelope: Envelope, private_keys: Mapping[str, RSAPrivateKey]) -> bytes:
    """The payload before encryption; DecryptionError if it does not decrypt."""
    encryption = envelope.encryption
    if encryption is None:
        return envelope.payload
    return decrypt(
        EncryptedPayload(
            encryption.key_id, encryption.wrapped_key, encryption.nonce, envelope.payload
        ),
        private_keys=private_keys,
        bound_to=associated_data(
            org_nr=envelope.org_nr,
            system=envelope.system,
            sequence=envelope.sequence,
            delivery_id=envelope.delivery_id,
            message_type=envelope.message_type,
            contract_version=envelope.contract_version,
        ),
    )
