"""Words that the product and its pages do not use: the list is ``banned_words.toml``."""

from __future__ import annotations

import io
import re
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.repository import PACKAGE, ROOT, tracked_files

LIST: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("banned_words.toml").read_text("utf-8")
)
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "DATA-LICENCES.md")
FILES = [
    path
    for path in tracked_files()
    if (path.is_relative_to(PACKAGE) and path.suffix in (".py", ".md"))
    or (path.is_relative_to(ROOT / "docs") and path.suffix == ".md")
    or (path.parent == ROOT and path.name in PAGES)
]


def _anywhere(entry: dict[str, Any]) -> re.Pattern[str]:
    body = entry["pattern"].replace(" ", r"[\s#]+")
    flags = 0 if entry.get("case") else re.IGNORECASE
    return re.compile(rf"(?<![A-Za-zÆØÅæøå])(?:{body})(?![A-Za-zÆØÅæøå])", flags)


TEXTS = [(_anywhere(entry), entry["instead"]) for entry in LIST["text"]]
NAMES = [(re.compile(entry["pattern"]), entry["instead"]) for entry in LIST["name"]]


def _names(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """The names in a module, and the code spans of a page, with their lines."""
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME:
                yield token.start[0], token.string
        return
    for number, line in enumerate(text.splitlines(), 1):
        for word in re.findall(r"`(\w+)`", line):
            yield number, word


def _patterns_of(path: str) -> list[str]:
    found = re.search(r"\{(.*?)\}", path)
    return [path.replace(found[0], part) for part in found[1].split(",")] if found else [path]


def _is_allowed(path: Path, line: str) -> bool:
    return any(
        re.search(entry["text"], line)
        and any(path.match(pattern) for pattern in _patterns_of(entry["path"]))
        for entry in LIST["allowed"]
    )


def found_in(path: Path, text: str) -> list[str]:
    """Every banned word, with its line and what to write instead."""
    lines = text.splitlines()
    hits = {
        (text[: match.start()].count("\n") + 1, match[0], instead)
        for pattern, instead in TEXTS
        for match in pattern.finditer(text)
    }
    hits |= {
        (number, word, instead)
        for number, word in _names(path, text)
        for pattern, instead in NAMES
        if pattern.fullmatch(word)
    }
    return [
        f"{path}:{number}: {word!r}; write: {instead}"
        for number, word, instead in sorted(hits)
        if not _is_allowed(path, lines[number - 1])
    ]


def test_no_banned_word_is_used() -> None:
    found = [
        hit for path in FILES for hit in found_in(path.relative_to(ROOT), path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("kpr_stream/a.py", '"""What a worker tells of itself."""\n'),
        ("kpr_stream/a.py", "class Desk:\n    pass\n"),
        ("kpr_stream/a.py", "# The lane goes\n# on where it was.\n"),
        ("docs/a.md", "A number that is none of ours.\n"),
        ("docs/a.md", "See `Desk`.\n"),
    ],
)
def test_every_kind_of_use_is_found(path: str, text: str) -> None:
    assert found_in(Path(path), text)


def test_every_exception_is_needed_and_has_a_reason() -> None:
    assert all(entry["reason"] for entry in LIST["allowed"])
    for entry in LIST["allowed"]:
        wanted = [
            path
            for path in tracked_files()
            if any(path.match(pattern) for pattern in _patterns_of(entry["path"]))
        ]
        assert wanted, entry["path"]
        assert any(re.search(entry["text"], path.read_text("utf-8")) for path in wanted), entry


def test_no_two_public_classes_have_the_same_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        if not path.is_relative_to(PACKAGE / "simulate"):
            for name in re.findall(r"^class ([A-Z]\w*)", path.read_text("utf-8"), re.MULTILINE):
                places[name].append(str(path.relative_to(ROOT)))
    twice = {name: at for name, at in places.items() if len(at) > 1}
    assert {name: at for name, at in twice.items() if name not in LIST["same_class_name"]} == {}
