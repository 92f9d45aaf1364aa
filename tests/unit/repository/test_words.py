"""Banned words: none in product code, help texts and pages; one list says which, and why not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.repository import PACKAGE, ROOT, tracked_files
from tests.support.words import LIST, banned_words, same_names

PAGES_AT_THE_TOP = ("README.md", "CONTRIBUTING.md")


def _product_files() -> list[Path]:
    """The code of the package, and the pages; published schemas and migrations are neither."""
    return [
        path
        for path in tracked_files()
        if (path.suffix == ".py" and path.is_relative_to(PACKAGE))
        or (path.suffix == ".md" and path.is_relative_to(ROOT / "docs"))
        or path.name in PAGES_AT_THE_TOP
    ]


def _texts() -> list[tuple[Path, str]]:
    return [(path.relative_to(ROOT), path.read_text("utf-8")) for path in _product_files()]


def test_no_product_text_holds_a_banned_word() -> None:
    found = [
        f"{one.path}:{one.line}: {one.word!r}: write {one.instead}"
        for path, text in _texts()
        for one in banned_words().search(path, text)
    ]
    assert found == []


def test_no_two_public_classes_have_the_same_name() -> None:
    code = [(path, text) for path, text in _texts() if path.suffix == ".py"]
    assert same_names(code).keys() == banned_words().same_class_name.keys()


@pytest.mark.parametrize(
    ("path", "text", "word"),
    [
        ("kpr_stream/new.py", '"""What a lane told."""', "told"),
        ("kpr_stream/new.py", "# it goes\n# on there", "goes\n# on"),
        ("kpr_stream/new.py", "def _told() -> None: ...", "told"),
        ("kpr_stream/new.py", 'raise ValueError("The date is none.")', "is none"),
        ("kpr_stream/new.py", "class Desk: ...", "Desk"),
        ("docs/new.md", "Rebuild it anew.", "anew"),
        ("docs/new.md", "The class `Desk` collects records.", "Desk"),
    ],
)
def test_a_banned_word_is_found(path: str, text: str, word: str) -> None:
    assert [one.word for one in banned_words().search(Path(path), text)] == [word]


@pytest.mark.parametrize(
    "text", ["if value is None: ...", "description", "a line that stands for another", "mendacious"]
)
def test_other_words_are_not(text: str) -> None:
    assert list(banned_words().search(Path("kpr_stream/new.py"), text)) == []


def test_two_classes_of_one_name_are_found() -> None:
    files = [(Path("a.py"), "class Found: ...\n"), (Path("b.py"), "class Found(One): ...\n")]
    assert same_names(files) == {"Found": ["a.py", "b.py"]}


def test_every_exception_is_needed_and_says_why() -> None:
    texts = _texts()
    for one in tomllib.loads(LIST.read_text("utf-8"))["allowed"]:
        assert one["reason"]
        assert any(
            path.match(one["path"]) and re.search(one["text"], text, re.MULTILINE)
            for path, text in texts
        ), one
