"""A sealed value opens with its own record's key only."""

from __future__ import annotations

import pytest

from kpr_stream.errors import ConfigurationError, DecryptionError
from kpr_stream.keys.seal import Sealer

RECORD = b"record-one"


@pytest.fixture
def sealer() -> Sealer:
    return Sealer("key-2", {"key-1": b"1" * 32, "key-2": b"2" * 32})


def test_what_is_sealed_opens_again(sealer: Sealer) -> None:
    sealed = sealer.seal(b"secret", record_key=RECORD)
    assert set(sealed) == {"key_id", "nonce", "ciphertext"}
    assert sealed["key_id"] == "key-2"
    assert sealer.open(sealed, record_key=RECORD) == b"secret"


def test_what_an_earlier_key_sealed_still_opens(sealer: Sealer) -> None:
    earlier = Sealer("key-1", {"key-1": b"1" * 32})
    assert sealer.open(earlier.seal(b"secret", record_key=RECORD), record_key=RECORD) == b"secret"


def test_no_two_seals_share_a_nonce(sealer: Sealer) -> None:
    nonces = {sealer.seal(b"same", record_key=RECORD)["nonce"] for _ in range(100)}
    assert len(nonces) == 100


def test_a_sealed_value_moved_to_another_record_does_not_open(sealer: Sealer) -> None:
    sealed = sealer.seal(b"secret", record_key=RECORD)
    with pytest.raises(DecryptionError) as refusal:
        sealer.open(sealed, record_key=b"record-two")
    assert refusal.value.code == "SEAL_BROKEN"


@pytest.mark.parametrize("part", ["nonce", "ciphertext"])
def test_a_changed_sealed_value_does_not_open(sealer: Sealer, part: str) -> None:
    sealed = sealer.seal(b"secret", record_key=RECORD)
    for position in range(len(sealed[part])):
        changed = bytearray(sealed[part])
        changed[position] ^= 1
        with pytest.raises(DecryptionError, match="cannot be opened"):
            sealer.open(sealed | {part: bytes(changed)}, record_key=RECORD)
    with pytest.raises(DecryptionError, match="cannot be opened"):
        sealer.open(sealed | {part: b""}, record_key=RECORD)


def test_a_missing_key_is_named(sealer: Sealer) -> None:
    sealed = sealer.seal(b"secret", record_key=RECORD)
    with pytest.raises(ConfigurationError, match="no key key-2"):
        Sealer("key-1", {"key-1": b"1" * 32}).open(sealed, record_key=RECORD)


def test_a_sealer_does_not_print_its_keys(sealer: Sealer) -> None:
    assert "2222" not in repr(sealer)
    assert "key-1" not in repr(sealer)
