"""Every command line of the pages and of the help texts is read by the command's own parser."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands_of_cli import ALL, COMMANDS, WrongLineError, example, parsed
from tests.support.repository import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^ *```.*?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`(kpr-stream [^`\n]+)`(?!`)")
LEFT_OUT = re.compile(r"(?<!--system )(?<!--reason )(?<!--unit )(?<!--offset )…|[|<]")
"""A line with one of these leaves out words, or is a pattern. The value of an option may be … ."""


def lines_of(text: str) -> Iterator[str]:
    """Yield the command lines of a page: of its blocks, and of its sentences."""
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.search(r"(?:^|[ /(])(kpr-stream [^#;&)>]+)", line)
            if found and not line.startswith("Example") and "=" not in line.split()[0]:
                yield found[1].strip()
    yield from INLINE.findall(BLOCK.sub("", text))


def examples() -> list[tuple[str, str]]:
    """Return page and line of every whole command line of the pages."""
    return [
        (path.relative_to(ROOT).as_posix(), line)
        for path in PAGES
        for line in dict.fromkeys(lines_of(path.read_text("utf-8")))
        if not LEFT_OUT.search(line)
    ]


def path_of(words: list[str]) -> tuple[str, ...]:
    path: tuple[str, ...] = ()
    for word in words:
        if (*path, word) not in ALL:
            break
        path = (*path, word)
    return path


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_example_of_a_help_text_is_valid(path: tuple[str, ...]) -> None:
    for one in re.split(r" && ", example(path)):
        parsed(shlex.split(one)[1:])


@pytest.mark.parametrize(("page", "line"), examples())
def test_a_command_line_on_a_page_is_valid(page: str, line: str) -> None:
    words = shlex.split(line.replace("--offset …", "--offset 1"))[1:]
    path = path_of(words)
    assert path, f"{page}: there is no command in {line!r}"
    if path not in COMMANDS or len(words) == len(path):
        return  # a name in a sentence, not a command line
    try:
        parsed(words)
    except WrongLineError as error:
        raise AssertionError(f"{page}: {line}: {error}") from None


def test_a_line_that_needs_more_is_found() -> None:
    with pytest.raises(WrongLineError, match="unit"):
        parsed(["across", "unmark", "0f69e6c39847dbb048c27fe951d1ddcc", "--reason", "Two visits"])


def test_command_lines_are_found_on_pages(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Run `kpr-stream up`.\n```\n$ kpr-stream unit show 974760673  # look\n```\n")
    assert list(lines_of(page.read_text())) == ["kpr-stream unit show 974760673", "kpr-stream up"]
    assert len(examples()) > 40
