"""A purpose is one line of words that names no person."""

from __future__ import annotations

import pytest

from kpr_stream.analytics.purpose import MAX_LETTERS, Purpose
from kpr_stream.errors import UsageError


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "x" * (MAX_LETTERS + 1), "a\x1b[31m"])
def test_a_purpose_is_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="one line"):
        Purpose(text)


def test_a_purpose_names_no_person() -> None:
    with pytest.raises(UsageError, match="national id") as refused:
        Purpose("about 15881999958")
    assert "15881999958" not in str(refused.value)


def test_words_are_a_purpose() -> None:
    assert Purpose("Årsrapport 2026, tabell 3").text == "Årsrapport 2026, tabell 3"
