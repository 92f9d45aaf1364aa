"""Seal what the receiver keeps encrypted: identity, quarantine, superseded content.

AES-256-GCM under a key of the receiver. The record's key is the associated data, so that a sealed
value moved to another record does not open.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kpr_stream.errors import ConfigurationError, DecryptionError
from kpr_stream.keys.envelope import NONCE_BYTES


@dataclass(frozen=True, slots=True, repr=False)
class Sealer:
    """Seals with the current key and opens with any of its keys."""

    key_id: str
    keys: Mapping[str, bytes]
    random: Callable[[int], bytes] = os.urandom

    def seal(self, clear: bytes, *, record_key: bytes) -> dict[str, Any]:
        """Return a ``Sealed`` record of the Avro schema."""
        nonce = self.random(NONCE_BYTES)
        ciphertext = AESGCM(self.keys[self.key_id]).encrypt(nonce, clear, record_key)
        return {"key_id": self.key_id, "nonce": nonce, "ciphertext": ciphertext}

    def open(self, sealed: Mapping[str, Any], *, record_key: bytes) -> bytes:
        """Return the clear bytes.

        ConfigurationError if the key is missing, DecryptionError if the value was altered.
        """
        key = self.keys.get(sealed["key_id"])
        if key is None:
            raise ConfigurationError(
                f"The key ring has no key {sealed['key_id']}.",
                what_to_do="Use the key ring that was in force when the record was written.",
            )
        try:
            return AESGCM(key).decrypt(sealed["nonce"], sealed["ciphertext"], record_key)
        except (InvalidTag, ValueError):
            raise DecryptionError(
                "A sealed value cannot be opened with the key of its record.",
                what_to_do="The value was altered or moved: treat this as a security incident.",
                code="SEAL_BROKEN",
            ) from None


def open_quarantined(item: Mapping[str, Any], sealer: Sealer) -> bytes:
    """Return a quarantined item as its unit sent it, as schemaless Avro.

    DecryptionError if the record was changed.
    """
    return sealer.open(item["sealed"], record_key=item["quarantine_id"].encode())
