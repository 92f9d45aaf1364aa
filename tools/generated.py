"""Reads and writes generated files. Every maker in this folder has `files()`: path to content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def after_mark(page: Path, mark: str, tables: str) -> str:
    """The whole page, with everything after its mark replaced by the tables."""
    text = page.read_text("utf-8")
    return text[: text.index(mark) + len(mark)] + "\n\n" + tables


def between(text: str, mark: str, end: str, table: str) -> str:
    """A page's text with all between a mark and the line that follows the table replaced."""
    start = text.index(mark) + len(mark)
    return text[:start] + "\n\n" + table + "\n" + text[text.index(end, start) :]


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table of Markdown; a cell is the text of its value."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def write(files: Mapping[Path, str]) -> None:
    """Write each file whose content differs, and print its path."""
    for path, text in files.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(path)
