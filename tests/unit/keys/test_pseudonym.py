"""Keyed hashes have known answers, and two kinds of key never collide."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model.person_id import KEY_BYTES, IdKind

KEYS = Pseudonyms(b"c" * 32, b"p" * 32, 1, b"h" * 32)
ORG = "999999018"
FNR = "03832450269"
HEX = st.text("0123456789abcdef", min_size=1, max_size=40)

MAKERS: dict[str, Callable[[Pseudonyms, str], bytes]] = {
    "consultation": lambda keys, x: keys.consultation_key(ORG, "visma-hspro", x),
    "appointment": lambda keys, x: keys.appointment_key(ORG, "visma-hspro", x),
    "group": lambda keys, x: keys.group_key(ORG, "visma-hspro", x),
    **{
        f"person {kind}": lambda keys, x, kind=kind: keys.person_key(kind, x)  # type: ignore[misc]
        for kind in IdKind
        if kind is not IdKind.LOCAL
    },
    "person local": lambda keys, x: keys.local_person_key(ORG, "visma-hspro", x),
    "content": lambda keys, x: keys.content_hash(x),
    "digest": lambda keys, x: keys.digest_hash(x.encode()),
    "natural": lambda keys, x: keys.natural_key(x.encode(), ORG, 1),
    "quarantine": lambda keys, x: keys.quarantine_id(x, 0, 0, 0),
}


TYPED: dict[str, tuple[bytes, str]] = {
    "consultation": (b"c" * 32, f"consultation|{ORG}|visma-hspro|a1"),
    "appointment": (b"c" * 32, f"appointment|{ORG}|visma-hspro|a1"),
    "group": (b"c" * 32, f"group|{ORG}|visma-hspro|a1"),
    "person fnr": (b"p" * 32, "fnr|a1"),
    "person dnr": (b"p" * 32, "dnr|a1"),
    "person fh": (b"p" * 32, "fh|a1"),
    "person duf": (b"p" * 32, "duf|a1"),
    "person local": (b"p" * 32, f"local|{ORG}|visma-hspro|a1"),
    "content": (b"h" * 32, "content|a1"),
    "digest": (b"h" * 32, "digest|6131"),
    "natural": (b"h" * 32, f"natural|6131|{ORG}|1"),
    "quarantine": (b"h" * 32, "quarantine|a1|0|0|0"),
}
"""Secret and text of every kind: a change of any would make a register's keys meaningless."""


@pytest.mark.parametrize("kind", MAKERS)
def test_a_key_is_the_first_half_of_hmac_sha_256_over_typed_text(kind: str) -> None:
    secret, text = TYPED[kind]
    expected = hmac.new(secret, text.encode(), hashlib.sha256).digest()[:16]
    assert MAKERS[kind](KEYS, "a1") == expected


@given(value=HEX)
def test_kinds_never_collide_even_under_one_secret(value: str) -> None:
    one_secret = Pseudonyms(b"s" * 32, b"s" * 32, 1, b"s" * 32)
    made = [make(one_secret, value) for make in MAKERS.values()]
    assert len(set(made)) == len(made)
    assert {len(key) for key in made} == {KEY_BYTES}


@pytest.mark.parametrize("kind", MAKERS)
def test_equal_input_gives_equal_keys_and_another_secret_other_keys(kind: str) -> None:
    others = Pseudonyms(b"C" * 32, b"P" * 32, 1, b"H" * 32)
    assert MAKERS[kind](KEYS, "a1") == MAKERS[kind](KEYS, "a1")
    assert MAKERS[kind](KEYS, "a1") != MAKERS[kind](others, "a1")
    assert MAKERS[kind](KEYS, "a1") != MAKERS[kind](KEYS, "a2")


def test_local_ids_are_scoped_by_unit_and_system() -> None:
    for make in (
        KEYS.consultation_key,
        KEYS.appointment_key,
        KEYS.group_key,
        KEYS.local_person_key,
    ):
        made = {
            make(org, system, "7")
            for org in (ORG, "999999026")
            for system in ("visma-hspro", "eg-infodoc")
        }
        assert len(made) == 4


def test_consultation_keys_do_not_change_when_the_person_key_is_rotated() -> None:
    rotated = Pseudonyms(KEYS.consultation_secret, b"n" * 32, 2, KEYS.hash_secret)
    assert MAKERS["consultation"](rotated, "a1") == MAKERS["consultation"](KEYS, "a1")
    assert rotated.person_key(IdKind.FNR, FNR) != KEYS.person_key(IdKind.FNR, FNR)


def test_no_key_holds_the_id_and_no_maker_prints_its_secrets() -> None:
    assert FNR.encode() not in KEYS.person_key(IdKind.FNR, FNR)
    for secret in ("cccc", "pppp", "hhhh"):
        assert secret not in repr(KEYS)


@given(st.binary(min_size=1, max_size=140), st.text(max_size=300))
def test_a_keyed_hash_is_that_of_the_standard_library(secret: bytes, text: str) -> None:
    keys = Pseudonyms(b"c", b"p", 1, secret)
    expected = hmac.new(secret, f"content|{text}".encode(), hashlib.sha256).digest()
    assert keys.content_hash(text) == expected[:KEY_BYTES]
