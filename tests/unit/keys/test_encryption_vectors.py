"""The encryption vectors: by our own code, and by the bare primitives as the docs describe them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from typing import Any

import fastavro
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from kpr_stream.errors import DecryptionError
from kpr_stream.keys.envelope import (
    EncryptedPayload,
    associated_data,
    content_digest,
    decrypt,
    encrypt,
)
from kpr_stream.model.words import Cause
from kpr_stream.schemas.catalogue import schema
from tests.support.repository import SCHEMAS

FILE: dict[str, Any] = json.loads((SCHEMAS / "encryption_vectors.json").read_text("utf-8"))
EACH = pytest.mark.parametrize("vector", FILE["vectors"], ids=lambda v: v["name"])
REFUSED = pytest.mark.parametrize("change", FILE["must_not_decrypt"], ids=lambda v: v["name"])


def _raw(vector: dict[str, Any], name: str) -> bytes:
    if name in vector:
        return bytes.fromhex(vector[name])
    return base64.b64decode(vector[f"{name}_base64"])


def _private_key() -> rsa.RSAPrivateKey:
    pem = FILE["test_private_key_pem"].encode()
    loaded = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def _by_our_code(vector: dict[str, Any]) -> bytes:
    sent = EncryptedPayload(
        key_id=FILE["test_key_id"],
        wrapped_key=_raw(vector, "wrapped_key"),
        nonce=_raw(vector, "nonce"),
        ciphertext=_raw(vector, "ciphertext"),
    )
    return decrypt(
        sent,
        private_keys={FILE["test_key_id"]: _private_key()},
        bound_to=_raw(vector, "associated_data"),
    )


def _by_bare_primitives(vector: dict[str, Any]) -> bytes:
    """The docs' steps, without anything of `kpr_stream.keys`."""
    sha = hashes.SHA256()
    oaep = padding.OAEP(mgf=padding.MGF1(algorithm=sha), algorithm=sha, label=None)
    content_key = _private_key().decrypt(_raw(vector, "wrapped_key"), oaep)
    assert content_key == _raw(vector, "content_key")
    whole = _raw(vector, "ciphertext")
    gcm = modes.GCM(_raw(vector, "nonce"), tag=whole[-16:])
    opened = Cipher(algorithms.AES256(content_key), gcm).decryptor()
    opened.authenticate_additional_data(_raw(vector, "associated_data"))
    return opened.update(whole[:-16]) + opened.finalize()


@EACH
def test_both_ways_give_the_clear_bytes(vector: dict[str, Any]) -> None:
    clear = _raw(vector, "clear")
    assert _by_our_code(vector) == clear
    assert _by_bare_primitives(vector) == clear


@EACH
def test_our_code_gives_the_same_ciphertext(vector: dict[str, Any]) -> None:
    sent = encrypt(
        _raw(vector, "clear"),
        key_id=FILE["test_key_id"],
        public_key=_private_key().public_key(),
        content_key=_raw(vector, "content_key"),
        nonce=_raw(vector, "nonce"),
        bound_to=associated_data(**vector["associated_data_fields"]),
    )
    assert sent.ciphertext == _raw(vector, "ciphertext")


@EACH
def test_digest_and_associated_data_follow_from_the_fields(vector: dict[str, Any]) -> None:
    clear = _raw(vector, "clear")
    assert content_digest(clear).hex() == vector["content_digest"]
    assert hashlib.sha256(clear).hexdigest() == vector["content_digest"]
    joined = "\n".join(str(value) for value in vector["associated_data_fields"].values())
    assert joined.encode() == _raw(vector, "associated_data")
    assert list(vector["associated_data_fields"]) == [
        "org_nr",
        "system",
        "sequence",
        "delivery_id",
        "message_type",
        "contract_version",
    ]


@EACH
def test_the_clear_bytes_are_a_container_of_items(vector: dict[str, Any]) -> None:
    reader = fastavro.reader(io.BytesIO(_raw(vector, "clear")))
    assert isinstance(reader.writer_schema, dict)
    names = [field["name"] for field in reader.writer_schema["fields"]]
    assert names == list(schema("consultation_item").field_names)
    counted = {"two": 2, "three": 3, "a": 0}[vector["name"].split()[0]]
    assert len(list(reader)) == counted


@REFUSED
def test_a_changed_vector_is_refused_both_ways(change: dict[str, Any]) -> None:
    changed = FILE["vectors"][0] | change
    with pytest.raises(DecryptionError) as refusal:
        _by_our_code(changed)
    assert refusal.value.code in {Cause.WRAPPED_KEY_NOT_DECRYPTED, Cause.PAYLOAD_NOT_DECRYPTED}
    with pytest.raises(InvalidTag):
        _by_bare_primitives(changed)


def test_the_key_pair_is_one_pair_and_says_that_it_is_for_tests() -> None:
    public = serialization.load_pem_public_key(FILE["test_public_key_pem"].encode())
    assert public == _private_key().public_key()
    assert "test" in FILE["test_key_id"]
    assert "never encrypt anything real" in FILE["note"]


def test_no_two_vectors_share_a_content_key_or_a_nonce() -> None:
    for part in ("content_key", "nonce"):
        assert len({v[part] for v in FILE["vectors"]}) == len(FILE["vectors"])
