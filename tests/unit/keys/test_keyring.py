"""Errors of key files name the file and what is wrong, and never show a secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kpr_stream.errors import ConfigurationError
from kpr_stream.keys.envelope import EncryptedPayload, decrypt, encrypt
from kpr_stream.keys.keyring import (
    RSA_BITS,
    KeyExpiry,
    new_keyring,
    read_keyring,
    read_public_key,
)

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, Any], dict[str, Any]]:
    return new_keyring()


def _write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), "utf-8")
    return path


def test_what_the_public_half_encrypts_the_secret_half_decrypts(
    made: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    secret, public = made
    ring = read_keyring(_write(tmp_path / "secret.json", secret))
    to = read_public_key(_write(tmp_path / "public.json", public))
    assert to.key.key_size == RSA_BITS
    sent = encrypt(
        b"clear",
        key_id=to.key_id,
        public_key=to.key,
        content_key=bytes(32),
        nonce=bytes(12),
        bound_to=b"x",
    )
    assert isinstance(sent, EncryptedPayload)
    assert decrypt(sent, private_keys=ring.private_keys, bound_to=b"x") == b"clear"


def test_two_rings_share_no_secret() -> None:
    one, two = new_keyring()[0], new_keyring()[0]
    for name in ("consultation_secret", "person_secret", "hash_secret", "private_keys"):
        assert one[name] != two[name]
    values = [one["consultation_secret"], one["person_secret"], one["hash_secret"]]
    values += [one[name]["keys"][f"{name}-1"] for name in ("identity", "quarantine", "superseded")]
    assert len(set(values)) == 6


BROKEN: list[Change] = [
    lambda ring: ring.pop("private_keys"),
    lambda ring: ring.pop("person_secret"),
    lambda ring: ring.pop("superseded"),
    lambda ring: ring.update(person_secret="c2hvcnQ="),
    lambda ring: ring.update(person_secret="not base64 !"),
    lambda ring: ring.update(person_secret=7),
    lambda ring: ring.update(person_version="first"),
    lambda ring: ring.update(private_keys=[]),
    lambda ring: ring.update(private_keys={"kpr-1": "no PEM"}),
    lambda ring: ring.update(private_keys={"kpr-1": _elliptic()}),
    lambda ring: ring["identity"].update(current="identity-9"),
    lambda ring: ring.update(quarantine=None),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_a_broken_ring_names_the_file_and_no_secret(
    made: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path, number: int
) -> None:
    ring = json.loads(json.dumps(made[0]))
    BROKEN[number](ring)
    path = _write(tmp_path / "ring.json", ring)
    with pytest.raises(ConfigurationError) as refusal:
        read_keyring(path)
    message = str(refusal.value)
    assert str(path) in message
    assert "a part is missing or malformed" in message
    assert refusal.value.__suppress_context__, "the cause would carry the secret into a log"
    for secret in (made[0]["person_secret"], "PRIVATE KEY", "c2hvcnQ", "not base64"):
        assert secret not in message


@pytest.mark.parametrize(
    ("content", "why"),
    [("{", "it is not JSON"), ("[]", "it is not a JSON object"), ("\ud800", "it is not JSON")],
)
def test_a_file_that_is_not_a_json_object_is_reported(
    tmp_path: Path, content: str, why: str
) -> None:
    path = tmp_path / "ring.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    for read in (read_keyring, read_public_key):
        with pytest.raises(ConfigurationError, match=why):
            read(path)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    for read in (read_keyring, read_public_key):
        with pytest.raises(ConfigurationError, match="No such file"):
            read(tmp_path / "missing.json")


def test_a_public_file_must_hold_its_current_rsa_key(tmp_path: Path) -> None:
    missing = _write(tmp_path / "a.json", {"current": "kpr-1", "public_keys": {}})
    with pytest.raises(ConfigurationError, match="missing or malformed"):
        read_public_key(missing)
    other = {"current": "kpr-1", "public_keys": {"kpr-1": _elliptic(public=True)}}
    with pytest.raises(ConfigurationError, match="not an RSA key"):
        read_public_key(_write(tmp_path / "b.json", other))


def test_a_ring_does_not_print_itself(
    made: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    ring = read_keyring(_write(tmp_path / "ring.json", made[0]))
    for shown in (repr(ring), repr(ring.pseudonyms), repr(ring.identity), str(ring)):
        assert "secret" not in shown
        assert "b'" not in shown


def _elliptic(*, public: bool = False) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    if public:
        return (
            key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_a_key_expires_when_the_file_says_so(
    made: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    (delivery,) = made[0]["private_keys"]
    expires = {delivery: "2027-06-30", "identity-1": "2027-06-30T12:00:00+02:00"}
    ring = read_keyring(_write(tmp_path / "ring.json", made[0] | {"expires": expires}))
    assert ring.expiries == (
        KeyExpiry("delivery", delivery, datetime(2027, 6, 30, tzinfo=UTC)),
        KeyExpiry("identity", "identity-1", datetime(2027, 6, 30, 10, tzinfo=UTC)),
    )
    assert read_keyring(_write(tmp_path / "ring.json", made[0])).expiries == ()


@pytest.mark.parametrize(
    ("expires", "why"),
    [
        ({"identity-9": "2027-06-30"}, "names a key"),
        ({"identity-1": "2027-06-31"}, "a time in"),
        ({"identity-1": "2027-06-30T12:00:00"}, "a time in"),
        ({"identity-1": 20270630}, "a time in"),
        (["identity-1"], "a time in"),
    ],
)
def test_an_expiry_that_cannot_be_used_is_reported(
    made: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path, expires: object, why: str
) -> None:
    path = _write(tmp_path / "ring.json", made[0] | {"expires": expires})
    with pytest.raises(ConfigurationError, match=why):
        read_keyring(path)
