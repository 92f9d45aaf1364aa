"""Sealing what the receiver keeps encrypted: identity, quarantine, superseded content.

AES-256-GCM under a key of the receiver, with the record's key as associated data, so that a
sealed value cannot be moved to another record unnoticed.
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
    """Seals with one key, opens with any key it was given."""

    key_id: str
    keys: Mapping[str, bytes]
    random: Callable[[int], bytes] = os.urandom

    def seal(self, clear: bytes, *, record_key: bytes) -> dict[str, Any]:
        """A ``Sealed`` record."""
        nonce = self.random(NONCE_BYTES)
        ciphertext = AESGCM(self.keys[self.key_id]).encrypt(nonce, clear, record_key)
        return {"key_id": self.key_id, "nonce": nonce, "ciphertext": ciphertext}

    def open(self, sealed: Mapping[str, Any], *, record_key: bytes) -> bytes:
        """The clear bytes. ConfigurationError without the key, DecryptionError if changed."""
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
                "A sealed value does not open under its record's key.",
                what_to_do="It was changed or moved: treat it as an incident.",
                code="SEAL_BROKEN",
            ) from None


def open_item(item: Mapping[str, Any], sealer: Sealer) -> bytes:
    """Decrypt a quarantined item as its unit sent it: schemaless Avro bytes.

    DecryptionError if the sealed bytes were changed or moved to another record.
    """
    return sealer.open(item["sealed"], record_key=item["quarantine_id"].encode())
