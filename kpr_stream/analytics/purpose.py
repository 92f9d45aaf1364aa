"""The purpose for which rows leave the register. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kpr_stream.errors import UsageError
from kpr_stream.model.identifiers import looks_like_an_id

MAX_LETTERS: Final = 500
"""The table of disclosures refuses longer texts. A purpose is a sentence or two."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose in words. UsageError if it is empty, too long or holds a person's id."""

    text: str

    def __post_init__(self) -> None:
        if not self.text.strip() or len(self.text) > MAX_LETTERS or not self.text.isprintable():
            raise UsageError(
                f"A purpose is one line of 1 to {MAX_LETTERS} letters.",
                what_to_do='Give it with --purpose, for example "Annual report 2026, table 3".',
            )
        if looks_like_an_id(self.text):
            raise UsageError(
                "The purpose contains what looks like a national id.",
                what_to_do="Write a purpose that names no person: the register keeps it.",
            )
