"""Finds banned words in code and pages. The list: tests/unit/repository/banned_words.toml."""

from __future__ import annotations

import io
import re
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.repository import ROOT

LIST = ROOT / "tests" / "unit" / "repository" / "banned_words.toml"
_LETTER = "A-Za-zÆØÅæøå"
_CONTEXT = 30
_CODE_SPAN = re.compile(r"`(\w+)`")
_CLASS = re.compile(r"^class ([A-Z]\w*)", re.MULTILINE)


class Finding(NamedTuple):
    """A banned word at its place."""

    path: str
    line: int
    word: str
    instead: str


class _TextRule(NamedTuple):
    pattern: re.Pattern[str]
    instead: str
    unless: re.Pattern[str] | None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> _TextRule:
        flags = re.NOFLAG if entry.get("case") else re.IGNORECASE
        unless = entry.get("unless")
        return cls(
            re.compile(
                rf"(?<![{_LETTER}])(?:{_with_breaks(entry['pattern'])})(?![{_LETTER}])", flags
            ),
            entry["instead"],
            re.compile(_with_breaks(unless), re.IGNORECASE) if unless else None,
        )

    def is_part_of_an_exception(self, text: str, match: re.Match[str]) -> bool:
        """Whether the word is a part of the longer text that `unless` permits."""
        start = max(0, match.start() - _CONTEXT)
        around = text[start : match.end() + _CONTEXT]
        return self.unless is not None and any(
            start + one.start() <= match.start() and match.end() <= start + one.end()
            for one in self.unless.finditer(around)
        )


class _Allowed(NamedTuple):
    path: str
    text: re.Pattern[str]


class BannedWords:
    """The list, compiled."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._text = [_TextRule.of(one) for one in found["text"]]
        self._names = [(re.compile(one["pattern"]), one["instead"]) for one in found["name"]]
        self._allowed = [_Allowed(one["path"], re.compile(one["text"])) for one in found["allowed"]]
        self.same_class_name: Mapping[str, str] = found.get("same_class_name", {})

    def search(self, path: Path, text: str) -> Iterator[Finding]:
        """Yield the banned words of a file that no exception allows. ``path`` is relative."""
        lines = text.splitlines()
        places = [
            (text.count("\n", 0, match.start()), match[0], rule.instead)
            for rule in self._text
            for match in rule.pattern.finditer(text)
            if not rule.is_part_of_an_exception(text, match)
        ]
        places += [
            (line, name, instead)
            for line, name in _names(path, text)
            for pattern, instead in self._names
            if pattern.fullmatch(name)
        ]
        for line, word, instead in sorted(set(places)):
            if not self._is_allowed(path, lines[line]):
                yield Finding(path.as_posix(), line + 1, word, instead)

    def _is_allowed(self, path: Path, line: str) -> bool:
        return any(path.match(one.path) and one.text.search(line) for one in self._allowed)


@cache
def banned_words() -> BannedWords:
    """Read the list."""
    return BannedWords(tomllib.loads(LIST.read_text("utf-8")))


def same_names(files: Iterable[tuple[Path, str]]) -> dict[str, list[str]]:
    """Return the public classes that are defined in more than one file, with the files."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, text in files:
        for name in _CLASS.findall(text):
            found[name].append(path.as_posix())
    return {name: paths for name, paths in sorted(found.items()) if len(paths) > 1}


def _with_breaks(pattern: str) -> str:
    return pattern.replace(" ", r"[\s#]+")


def _names(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each Python name; in a page, of each code span that is one word."""
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME:
                yield token.start[0] - 1, token.string
    else:
        for number, line in enumerate(text.splitlines()):
            yield from ((number, name) for name in _CODE_SPAN.findall(line))
