"""Writes the tables of docs/operate/logins.md: ``python -m tools.logins_page``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kpr_stream.model.logins import NEEDS, NO_LOGIN, SYSTEM, Needs, logins_for
from tests.support.repository import ROOT
from tools.generated import after_mark, write

PAGE = ROOT / "docs" / "operate" / "logins.md"
MARK = "<!-- tables: python -m tools.logins_page -->"
MOST_TOPICS = 4
"""A cell with more topics is not read: the page about topics has them all."""


def tables() -> str:
    """The part of the page behind the mark."""
    lines = [
        "| command | Kafka login: one of | reads | writes | database role | key file |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(command, needs) for command, needs in NEEDS.items()),
        "",
        "## Commands that need no login of yours",
        "",
        "| command | why |",
        "| --- | --- |",
        *(f"| `{command}` | {why} |" for command, why in NO_LOGIN.items()),
    ]
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """The page, with its tables made again."""
    return {PAGE: after_mark(PAGE, MARK, tables())}


def _row(command: str, needs: Needs) -> str:
    logins = ("the EPJ system",) if needs.principal == SYSTEM else logins_for(needs)
    cells = [
        f"`{command}`",
        ", ".join(logins) or "-",
        _topics(needs.reads),
        _topics(needs.writes),
        needs.database or "-",
        f"`{needs.keys}`" if needs.keys else "-",
    ]
    return f"| {' | '.join(cells)} |"


def _topics(names: Iterable[str]) -> str:
    listed = [f"`{name}`" for name in names]
    if len(listed) > MOST_TOPICS:
        return "see [topics](topics.md)"
    return ", ".join(listed) or "-"


if __name__ == "__main__":
    write(files())
