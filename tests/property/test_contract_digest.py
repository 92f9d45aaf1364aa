"""The bytes that earlier releases made of the same exports: sent, hashed and cleaned."""

from __future__ import annotations

import json

import pytest

from kpr_stream.model.words import SYSTEMS, System
from tests.support.contract_digest import DIGESTS, Digests, digests

STORED = json.loads(DIGESTS.read_text("utf-8"))


@pytest.fixture(scope="module")
def made() -> Digests:
    return digests()


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_same_exports_give_the_same_bytes(made: Digests, system: System) -> None:
    assert made[system] == STORED[system]


def test_the_set_is_varied_enough_to_notice() -> None:
    """Many items, and most of them unlike any other in each of what is compared."""
    items = [item for files in STORED.values() for file in files.values() for item in file["items"]]
    assert len(items) > 700
    assert all(len({item[at] for item in items}) > 400 for at in range(3))
