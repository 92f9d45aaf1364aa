"""Make every keyed hash: consultation keys, natural keys, person keys, content hashes.

HMAC-SHA256 (RFC 2104), cut to 16 bytes: 128 bits leave no practical chance of a collision among
35 million keys. Every input begins with its kind and scope, so that two kinds never collide.
Consultation keys use a secret that never rotates; person keys carry a key version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final

from kpr_stream.model.person_id import KEY_BYTES, IdKind

_BLOCK_BYTES: Final = 64
"""Of SHA-256: a shorter secret is filled up with zeros, a longer one is hashed."""


@dataclass(frozen=True, slots=True, repr=False)
class Pseudonyms:
    """Makes every keyed hash of the receiver. Holds secrets, so it is never printed."""

    consultation_secret: bytes
    person_secret: bytes
    person_version: int
    hash_secret: bytes

    def consultation_key(self, org_nr: str, system: str, local_id: str) -> bytes:
        """Return the key of a consultation of a unit and system, by its local id."""
        return _mac(self.consultation_secret, f"consultation|{org_nr}|{system}|{local_id}")

    def appointment_key(self, org_nr: str, system: str, local_id: str) -> bytes:
        """Return the key of an appointment of a unit and system, by its local id."""
        return _mac(self.consultation_secret, f"appointment|{org_nr}|{system}|{local_id}")

    def group_key(self, org_nr: str, system: str, group_id: str) -> bytes:
        """Return the key of a group consultation within its unit and system."""
        return _mac(self.consultation_secret, f"group|{org_nr}|{system}|{group_id}")

    def person_key(self, kind: IdKind, number: str) -> bytes:
        """Return the key of a person by an id that is the same in every unit."""
        return _mac(self.person_secret, f"{kind}|{number}")

    def local_person_key(self, org_nr: str, system: str, local_id: str) -> bytes:
        """Return the key of a person known only by an id local to a unit and system."""
        return _mac(self.person_secret, f"{IdKind.LOCAL}|{org_nr}|{system}|{local_id}")

    def stop_mark(self, kind: IdKind, number: str, org_nr: str = "", system: str = "") -> bytes:
        """Return the mark that an erasure leaves, so that the person is not registered again.

        A local id needs its unit and system. The secret never rotates, so that the mark outlives
        person keys.
        """
        scope = f"{org_nr}|{system}|" if kind is IdKind.LOCAL else ""
        return _mac(self.consultation_secret, f"stop|{kind}|{scope}{number}")

    def link_key(self, evidence_key: bytes, person_key: bytes, other_key: bytes) -> bytes:
        """Return the key of evidence that two person keys may belong to one person."""
        keys = "|".join(key.hex() for key in (evidence_key, person_key, other_key))
        return _mac(self.hash_secret, f"link|{keys}")

    def born_hash(self, local_person_key: bytes, born: int) -> bytes:
        """Return the keyed hash of a birth date (days since 1970) within one local person.

        Hashes of different persons born on the same day differ.
        """
        return _mac(self.hash_secret, f"born|{local_person_key.hex()}|{born}")

    def natural_key(self, person_key: bytes, org_nr: str, start_minute: int) -> bytes:
        """Return the key that two systems' records of one consultation share.

        ``start_minute`` counts from 1970.
        """
        return _mac(self.hash_secret, f"natural|{person_key.hex()}|{org_nr}|{start_minute}")

    def content_hash(self, content: str) -> bytes:
        """Return the keyed hash of an item's content in canonical form."""
        return _mac(self.hash_secret, f"content|{content}")

    def substitute_key(self, org_nr: str, system: str, content: str, number: int) -> bytes:
        """Return the key that substitutes the missing id of an item of a unit and system.

        ``content`` is what the item holds without its id, ``number`` its place among items of the
        same content in one delivery, from 0.
        """
        return _mac(self.hash_secret, f"substitute|{org_nr}|{system}|{number}|{content}")

    def digest_hash(self, digest: bytes) -> bytes:
        """Return the keyed hash of a delivery's digest, to distinguish a repeat from a reuse."""
        return _mac(self.hash_secret, f"digest|{digest.hex()}")

    def quarantine_id(self, source_topic: str, partition: int, offset: int, index: int) -> bytes:
        """Return the id of a rejected item, from its position in the source topic."""
        return _mac(self.hash_secret, f"quarantine|{source_topic}|{partition}|{offset}|{index}")


@cache
def _keyed(secret: bytes) -> Callable[[str], bytes]:
    """Return the keyed hash of one secret, which copies two hashes that have the key already.

    Keying them costs more than the rest (RFC 2104, section 4).
    """
    block = (secret if len(secret) <= _BLOCK_BYTES else sha256(secret).digest()).ljust(
        _BLOCK_BYTES, b"\0"
    )
    copy_inner = sha256(bytes(byte ^ 0x36 for byte in block)).copy
    copy_outer = sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def mac(text: str) -> bytes:
        inner = copy_inner()
        inner.update(text.encode())
        outer = copy_outer()
        outer.update(inner.digest())
        return outer.digest()[:KEY_BYTES]

    return mac


def _mac(secret: bytes, text: str) -> bytes:
    return _keyed(secret)(text)
