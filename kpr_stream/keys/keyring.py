"""Create and read the key ring, a JSON file that only its owner may read.

In production a KMS-issued file takes its place. Connectors encrypt to the public half
(``public_keys``). Secrets are never printed.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from kpr_stream.errors import ConfigurationError
from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.keys.seal import Sealer
from kpr_stream.model.files import read_regular_file
from kpr_stream.model.json_text import JsonTextError, read_json

RSA_BITS = 3072
"""128-bit strength, which NIST SP 800-57 part 1 allows beyond 2030."""
SECRET_BYTES = 32
_SEALING: Final = ("identity", "quarantine", "superseded")
"""What keys of the ring seal, beside the private keys that open deliveries."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MAX_FILE_BYTES = 10_000_000
"""A key ring has some kilobytes. A larger file is another one, named by mistake."""


@dataclass(frozen=True, slots=True)
class KeyExpiry:
    """When a key must be replaced. Nothing ends then by itself: it is a date for operators."""

    purpose: str
    """delivery, identity, quarantine or superseded."""
    key_id: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Every secret of the receiver."""

    private_keys: dict[str, RSAPrivateKey]
    pseudonyms: Pseudonyms
    identity: Sealer
    quarantine: Sealer
    superseded: Sealer
    expiries: tuple[KeyExpiry, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public key that a connector encrypts to."""

    key_id: str
    key: RSAPublicKey


def new_keyring() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a new key ring and its public half, both as JSON values to write to files."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key_id = f"kpr-{os.urandom(4).hex()}"
    secret = {
        "private_keys": {key_id: pem},
        "consultation_secret": _random(),
        "person_secret": _random(),
        "person_version": 1,
        "hash_secret": _random(),
        "identity": {"current": "identity-1", "keys": {"identity-1": _random()}},
        "quarantine": {"current": "quarantine-1", "keys": {"quarantine-1": _random()}},
        "superseded": {"current": "superseded-1", "keys": {"superseded-1": _random()}},
    }
    return secret, {"public_keys": {key_id: public_pem.decode()}, "current": key_id}


def read_keyring(path: Path) -> KeyRing:
    """Read a key ring. ConfigurationError names the file and what is wrong, never a secret."""
    found = _read_json(path)
    expiries = _expiries(found, path)
    try:
        private_keys = {
            key_id: _private_key(pem.encode()) for key_id, pem in found["private_keys"].items()
        }
        return KeyRing(
            private_keys=private_keys,
            pseudonyms=Pseudonyms(
                consultation_secret=_secret(found["consultation_secret"]),
                person_secret=_secret(found["person_secret"]),
                person_version=int(found["person_version"]),
                hash_secret=_secret(found["hash_secret"]),
            ),
            identity=_sealer(found["identity"]),
            quarantine=_sealer(found["quarantine"]),
            superseded=_sealer(found["superseded"]),
            expiries=expiries,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unusable(path, "a part is missing or malformed") from None


def read_public_key(path: Path) -> PublicKey:
    """Read the receiver's newest public key. ConfigurationError names the file."""
    found = _read_json(path)
    try:
        key_id = found["current"]
        key = serialization.load_pem_public_key(found["public_keys"][key_id].encode())
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unusable(path, "a part is missing or malformed") from None
    if not isinstance(key, RSAPublicKey):
        raise _unusable(path, "the current key is not an RSA key")
    return PublicKey(key_id, key)


def _expiries(found: dict[str, Any], path: Path) -> tuple[KeyExpiry, ...]:
    """Read ``expires``, which may be missing: an object of key ids with a date or a time each."""
    try:
        purposes = dict.fromkeys(found["private_keys"], "delivery") | {
            key_id: purpose for purpose in _SEALING for key_id in found[purpose]["keys"]
        }
    except (KeyError, TypeError):
        raise _unusable(path, "a part is missing or malformed") from None
    try:
        return tuple(
            KeyExpiry(purposes[key_id], key_id, _expiry(text))
            for key_id, text in found.get("expires", {}).items()
        )
    except KeyError:
        raise _unusable(path, "`expires` names a key that the file does not hold") from None
    except (TypeError, ValueError, AttributeError):
        raise _unusable(
            path, "a time in `expires` is not written as 2027-06-30 or 2027-06-30T12:00:00Z"
        ) from None


def _expiry(text: str) -> datetime:
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError
    return at


def _private_key(pem: bytes) -> RSAPrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError
    return key


def _sealer(entry: dict[str, Any]) -> Sealer:
    keys = {key_id: _secret(value) for key_id, value in entry["keys"].items()}
    if entry["current"] not in keys:
        raise KeyError
    return Sealer(entry["current"], keys)


def _secret(text: str) -> bytes:
    value = base64.b64decode(text, validate=True)
    if len(value) != SECRET_BYTES:
        raise ValueError
    return value


def _random() -> str:
    return base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = read_json(read_regular_file(path, most_bytes=MAX_FILE_BYTES))
    except OSError as cause:
        raise _unusable(path, cause.strerror or "it cannot be read") from None
    except JsonTextError as cause:
        raise _unusable(path, f"it is not JSON text: {cause}") from None
    if not isinstance(found, dict):
        raise _unusable(path, "it is not a JSON object")
    return found


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The key file {path} cannot be used: {why}.",
        what_to_do="Set the path of the right file, or create a new one with `kpr-stream up`.",
    )
