"""Codes that no row maps are counted; a text that may be personal is not shown."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from kpr_stream.connectors.mapping.unmapped import (
    FEWEST,
    MOST_CODES,
    NOT_SHOWN,
    UnmappedCode,
    add_bounded,
    code_shown,
    contract_codes,
    shown,
    unmapped_codes,
)
from kpr_stream.reference import load_reference
from tests.unit.connectors.exports import FNR

KNOWN = contract_codes(load_reference())


def test_codes_are_counted_by_field() -> None:
    items: list[dict[str, Any]] = [
        {"attendance": "MOTT", "practitioner_roles": ["LEGE", "X"]},
        {"attendance": "77", "practitioner_roles": ["X"]},
        {"attendance": "77", "sex": None},
    ]
    found = unmapped_codes(items, KNOWN)
    assert found == {
        UnmappedCode("attendance", "77"): 2,
        UnmappedCode("practitioner_roles", "X"): 2,
    }


@pytest.mark.parametrize("text", [FNR, "Kari Nordmann", "010124", "x" * 81, "", "a\nb"])
def test_what_may_be_personal_is_not_shown(text: str) -> None:
    assert code_shown(text) == NOT_SHOWN


@pytest.mark.parametrize("text", ["HP-2001", "6u", "http://a.b/c|12", "77"])
def test_a_code_is_shown(text: str) -> None:
    assert code_shown(text) == text


@pytest.mark.parametrize(
    ("code", "items", "expected"),
    [
        ("Fullammes", FEWEST, "Fullammes"),
        ("Fullammes", FEWEST - 1, NOT_SHOWN),
        ("Nordmann", 1, NOT_SHOWN),
        ("http://a.b/c|Nordmann", 1, NOT_SHOWN),
        ("http://a.b/c|12", 1, "http://a.b/c|12"),
        ("77", 1, "77"),
        ("6u", 1, "6u"),
    ],
)
def test_a_word_is_shown_if_it_is_no_single_remark(code: str, items: int, expected: str) -> None:
    found = shown({UnmappedCode("attendance", code): items})
    assert found == {UnmappedCode("attendance", expected): items}


def test_rare_words_of_a_field_are_counted_together() -> None:
    rare = {UnmappedCode("attendance", f"{word}e"): 2 for word in ("Mor", "Far")}
    assert shown(rare) == {UnmappedCode("attendance", NOT_SHOWN): 4}


def test_free_text_does_not_fill_the_memory() -> None:
    found: Counter[UnmappedCode] = Counter()
    for number in range(3 * MOST_CODES):
        add_bounded(found, {UnmappedCode("attendance", f"t{number}"): 1})
    assert len(found) == MOST_CODES + 1
    assert found.total() == 3 * MOST_CODES
