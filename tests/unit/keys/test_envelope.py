"""The receiver decrypts an envelope, and refuses one with any change."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpr_stream.errors import DecryptionError
from kpr_stream.keys.envelope import (
    EncryptedPayload,
    associated_data,
    content_digest,
    decrypt,
    encrypt,
)
from kpr_stream.model.words import Cause
from tests.support.examples import examples

BOUND_TO: dict[str, Any] = {
    "org_nr": "999999018",
    "system": "visma-hspro",
    "sequence": 42,
    "delivery_id": "19ca0323-1041-4003-a8a1-a092bf384262",
    "message_type": "consultation",
    "contract_version": "1",
}
OTHER: dict[str, Any] = {
    "org_nr": "999999026",
    "system": "eg-infodoc",
    "sequence": 43,
    "delivery_id": "29ca0323-1041-4003-a8a1-a092bf384262",
    "message_type": "appointment",
    "contract_version": "2",
}
CLEAR = b"Obj\x01 and what follows"


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def sent(private_key: rsa.RSAPrivateKey) -> EncryptedPayload:
    return _encrypt(private_key, CLEAR)


def _encrypt(private_key: rsa.RSAPrivateKey, clear: bytes) -> EncryptedPayload:
    return encrypt(
        clear,
        key_id="kpr-1",
        public_key=private_key.public_key(),
        content_key=bytes(range(32)),
        nonce=bytes(range(12)),
        bound_to=associated_data(**BOUND_TO),
    )


def _open(
    private_key: rsa.RSAPrivateKey, sent: EncryptedPayload, bound_to: dict[str, Any] = BOUND_TO
) -> bytes:
    return decrypt(sent, private_keys={"kpr-1": private_key}, bound_to=associated_data(**bound_to))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(30))
@given(clear=st.binary(max_size=2000))
def test_any_payload_comes_back(private_key: rsa.RSAPrivateKey, clear: bytes) -> None:
    sent = _encrypt(private_key, clear)
    assert len(sent.ciphertext) == len(clear) + 16
    assert _open(private_key, sent) == clear


def test_every_flipped_bit_of_the_ciphertext_is_refused(
    private_key: rsa.RSAPrivateKey, sent: EncryptedPayload
) -> None:
    for position in range(len(sent.ciphertext)):
        flipped = _flip(sent.ciphertext, position)
        _refused(private_key, replace(sent, ciphertext=flipped), "The payload")


def test_every_flipped_byte_of_the_nonce_is_refused(
    private_key: rsa.RSAPrivateKey, sent: EncryptedPayload
) -> None:
    for position in range(len(sent.nonce)):
        _refused(private_key, replace(sent, nonce=_flip(sent.nonce, position)), "The payload")


@pytest.mark.parametrize("position", [0, 1, 100, 255])
def test_a_flipped_byte_of_the_wrapped_key_is_refused(
    private_key: rsa.RSAPrivateKey, sent: EncryptedPayload, position: int
) -> None:
    changed = replace(sent, wrapped_key=_flip(sent.wrapped_key, position))
    _refused(private_key, changed, "The wrapped content key")


@pytest.mark.parametrize("field", BOUND_TO)
def test_a_payload_moved_to_another_envelope_is_refused(
    private_key: rsa.RSAPrivateKey, sent: EncryptedPayload, field: str
) -> None:
    with pytest.raises(DecryptionError, match="The payload does not decrypt"):
        _open(private_key, sent, BOUND_TO | {field: OTHER[field]})


@pytest.mark.parametrize("length", [0, 1, 15, 16])
def test_a_payload_cut_to_a_stub_is_refused(
    private_key: rsa.RSAPrivateKey, sent: EncryptedPayload, length: int
) -> None:
    _refused(private_key, replace(sent, ciphertext=sent.ciphertext[:length]), "The payload")


@pytest.mark.parametrize("length", [0, 1, 7, 11, 13, 129])
def test_a_nonce_of_another_length_is_refused(
    private_key: rsa.RSAPrivateKey, sent: EncryptedPayload, length: int
) -> None:
    _refused(private_key, replace(sent, nonce=bytes(length)), "The payload")


def test_a_content_key_of_another_length_is_refused(private_key: rsa.RSAPrivateKey) -> None:
    for length in (0, 8, 33):
        wrapped = private_key.public_key().encrypt(bytes(length), _oaep())
        _refused(
            private_key, EncryptedPayload("kpr-1", wrapped, bytes(12), bytes(32)), "The payload"
        )


def test_an_unknown_key_is_named_as_the_cause(
    private_key: rsa.RSAPrivateKey, sent: EncryptedPayload
) -> None:
    with pytest.raises(DecryptionError, match="a key that this receiver does not have") as refusal:
        _open(private_key, replace(sent, key_id="kpr-2"))
    assert refusal.value.code == Cause.UNKNOWN_KEY


def test_another_private_key_does_not_unwrap(sent: EncryptedPayload) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _refused(stranger, sent, "The wrapped content key")


def test_the_associated_data_has_one_reading() -> None:
    expected = "\n".join(str(value) for value in BOUND_TO.values())
    assert associated_data(**BOUND_TO) == expected.encode()


def test_the_digest_is_sha_256() -> None:
    """NIST's example for the empty message."""
    expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert content_digest(b"").hex() == expected


def _refused(private_key: rsa.RSAPrivateKey, changed: EncryptedPayload, what: str) -> None:
    with pytest.raises(DecryptionError, match=re.escape(f"{what} does not decrypt")) as refusal:
        _open(private_key, changed)
    assert refusal.value.code in {Cause.WRAPPED_KEY_NOT_DECRYPTED, Cause.PAYLOAD_NOT_DECRYPTED}
    assert refusal.value.__suppress_context__


def _flip(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def _oaep() -> Any:
    from kpr_stream.keys import envelope  # noqa: PLC0415 - the seam under test

    return envelope._OAEP
