"""What the command prints: messages for people on standard error, JSON on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape

from kpr_stream.errors import KprError

PIPE_WIDTH = 130
"""Where no window says how wide it is, tables get what they need."""

_WINDOW = sys.stderr.isatty()
console = Console(stderr=True, width=None if _WINDOW else PIPE_WIDTH, soft_wrap=not _WINDOW)
"""For people. Standard output is kept for what a script reads. Where it is no window, a line stays
one line: somebody searches it."""


def print_error(error: KprError) -> None:
    """The message, then what to do."""
    # Escaped: a file's name may hold what would be markup.
    console.print(f"[bold red]{type(error).__name__}[/] {escape(error.message)}", highlight=False)
    console.print(f"  → {escape(error.what_to_do)}", highlight=False)


def print_json(value: Any) -> None:  # noqa: ANN401 - anything json can write
    """One JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False))  # noqa: T201 - this is the output


class JsonList:
    """One JSON object on a stream, with a list that is written as it comes: ``{name: […], …}``.

    Without a stream it writes nothing. ``end`` gives the other members and closes the object.
    """

    def __init__(self, out: TextIO | None, *, name: str) -> None:
        self._out = out
        self._separator = f'{{"{name}": ['

    def add(self, value: Any) -> None:  # noqa: ANN401 - anything json can write
        """The next element."""
        self._write(self._separator + json.dumps(value, ensure_ascii=False))
        self._separator = ",\n"

    def end(self, **members: Any) -> None:  # noqa: ANN401 - anything json can write
        """Close the list and the object."""
        rest = json.dumps(members, ensure_ascii=False)
        began = "" if self._separator == ",\n" else self._separator
        self._write(f"{began}],\n{rest[1:]}\n")

    def _write(self, text: str) -> None:
        if self._out is not None:
            self._out.write(text)
