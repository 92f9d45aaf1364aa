"""The table of technical words has a meaning for each, and the code uses every one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kpr_stream
from kpr_stream.model import words

PACKAGE = Path(kpr_stream.__file__).parent
OWN = Path(words.__file__)
CODE = "\n".join(p.read_text("utf-8") for p in sorted(PACKAGE.rglob("*.py")) if p != OWN).lower()
TABLES = (words.__doc__ or "").split("The technical words")


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows, without its heading."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


TECHNICAL = [row[0] for row in rows(TABLES[1])]


@pytest.mark.parametrize("word", TECHNICAL)
def test_the_code_uses_it(word: str) -> None:
    # Parts of a name are joined by an underscore, or by nothing in a class.
    joined = re.escape(word).replace(r"\ ", "[ _]?").replace("_", "[ _]?")
    assert re.search(rf"(?<![a-z]){joined}", CODE), word


def test_every_word_has_one_meaning_on_one_line() -> None:
    assert len(TECHNICAL) == len(set(TECHNICAL)) > 20
    assert all(len(row) == 2 and all(row) for row in rows(TABLES[1]))
    assert all(len(row) == 3 and all(row) for row in rows(TABLES[0]))
