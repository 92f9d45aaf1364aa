"""Make the keys of a receiver that answers a dry run. Pure.

Nothing that these keys protect leaves the process: a receipt holds no key and no pseudonym.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.errors import ConfigurationError
from kpr_stream.keys.keyring import SECRET_BYTES, KeyRing
from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.keys.seal import Sealer

_SECRET: Final = bytes(SECRET_BYTES)


def dry_keyring(private_keys: Mapping[str, RSAPrivateKey]) -> KeyRing:
    """Return a key ring that opens deliveries with these keys; its other keys protect nothing."""
    sealer = Sealer("dry-run", {"dry-run": _SECRET})
    pseudonyms = Pseudonyms(
        consultation_secret=_SECRET, person_secret=_SECRET, person_version=1, hash_secret=_SECRET
    )
    return KeyRing(dict(private_keys), pseudonyms, sealer, sealer, sealer)


@cache
def public_test_keys() -> Mapping[str, RSAPrivateKey]:
    """Return the private key of the encryption vectors, by its id. This key is public."""
    folder = files("kpr_stream.avro_schemas")
    vectors = json.loads(folder.joinpath("encryption_vectors.json").read_text("utf-8"))
    key = read_private_key(vectors["test_private_key_pem"].encode(), "of the encryption vectors")
    return MappingProxyType({vectors["test_key_id"]: key})


def read_private_key(pem: bytes, where: str) -> RSAPrivateKey:
    """Read a private RSA key in PEM; ConfigurationError names the place, never the key."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, ValueError):
        key = None
    if isinstance(key, RSAPrivateKey):
        return key
    raise ConfigurationError(
        f"The private key {where} is not an RSA key in PEM without a password.",
        what_to_do="Make a test key with `openssl genrsa 3072`, or leave the option out: "
        "the public test key of avro_schemas/encryption_vectors.json is used then.",
    )
