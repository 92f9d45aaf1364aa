"""Encrypt a delivery's payload with AES-256-GCM, its key wrapped with RSA-OAEP (SHA-256).

Sources: NIST SP 800-38D (GCM, 96-bit nonce), RFC 8017 section 7.1 (RSAES-OAEP). The associated
data binds the payload to its envelope: a payload moved to another unit, system, sequence,
delivery, message type or contract version does not decrypt. Test vectors for other languages:
``avro_schemas/encryption_vectors.json``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kpr_stream.errors import DecryptionError
from kpr_stream.model.delivery import TAG_BYTES
from kpr_stream.model.words import Cause

CONTENT_KEY_BYTES = 32
NONCE_BYTES = 12
_OAEP = padding.OAEP(
    mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=None
)


@dataclass(frozen=True, slots=True)
class EncryptedPayload:
    """An encrypted payload with the encryption fields of its envelope."""

    key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


def associated_data(
    *,
    org_nr: str,
    system: str,
    sequence: int,
    delivery_id: str,
    message_type: str,
    contract_version: str,
) -> bytes:
    """Return the envelope's fields in this order, in UTF-8, joined by line feeds."""
    fields = (org_nr, system, str(sequence), delivery_id, message_type, contract_version)
    return "\n".join(fields).encode()


def content_digest(clear: bytes) -> bytes:
    """Return the SHA-256 of the clear payload."""
    return hashlib.sha256(clear).digest()


def encrypt(
    clear: bytes,
    *,
    key_id: str,
    public_key: RSAPublicKey,
    content_key: bytes,
    nonce: bytes,
    bound_to: bytes,
) -> EncryptedPayload:
    """Encrypt a payload. ``content_key`` and ``nonce`` must be random and used only once."""
    return EncryptedPayload(
        key_id=key_id,
        wrapped_key=public_key.encrypt(content_key, _OAEP),
        nonce=nonce,
        ciphertext=AESGCM(content_key).encrypt(nonce, clear, bound_to),
    )


def decrypt(
    encrypted: EncryptedPayload, *, private_keys: Mapping[str, RSAPrivateKey], bound_to: bytes
) -> bytes:
    """Return the clear payload. DecryptionError says whether key, wrapping or content failed."""
    private_key = private_keys.get(encrypted.key_id)
    if private_key is None:
        raise DecryptionError(
            "The payload is encrypted to a key that this receiver does not have.",
            what_to_do="Fetch the receiver's public keys again and encrypt to the newest.",
            code=Cause.UNKNOWN_KEY,
        )
    # Before the RSA operation, which costs a millisecond.
    if len(encrypted.ciphertext) < TAG_BYTES:
        raise _does_not_decrypt("The payload", Cause.PAYLOAD_NOT_DECRYPTED) from None
    try:
        content_key = private_key.decrypt(encrypted.wrapped_key, _OAEP)
    except ValueError:
        raise _does_not_decrypt(
            "The wrapped content key", Cause.WRAPPED_KEY_NOT_DECRYPTED
        ) from None
    try:
        return AESGCM(content_key).decrypt(encrypted.nonce, encrypted.ciphertext, bound_to)
    except (InvalidTag, ValueError):
        raise _does_not_decrypt("The payload", Cause.PAYLOAD_NOT_DECRYPTED) from None


def _does_not_decrypt(what: str, cause: Cause) -> DecryptionError:
    return DecryptionError(
        f"{what} does not decrypt.",
        what_to_do="Check the wrapping (RSA-OAEP with SHA-256), the tag and the associated data.",
        code=cause,
    )
