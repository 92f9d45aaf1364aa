"""Prints messages for people on standard error, and JSON on standard output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.markup import escape

from kpr_stream.errors import KprError

if TYPE_CHECKING:
    from kpr_stream.connectors.export.left_out import LeftOut

PIPE_WIDTH = 130
"""Columns when the output is not a terminal: enough for every table."""

_WINDOW = sys.stderr.isatty()
console = Console(stderr=True, width=None if _WINDOW else PIPE_WIDTH, soft_wrap=not _WINDOW)
"""Console for people, on standard error: standard output is for scripts alone. If it is not a
terminal, long lines are not wrapped, so that grep finds them whole."""


def print_error(error: KprError) -> None:
    """Print the message of an error, then what to do."""
    # Escaped: a file name may contain square brackets, which rich reads as markup.
    console.print(f"[bold red]{type(error).__name__}[/] {escape(error.message)}", highlight=False)
    console.print(f"  → {escape(error.what_to_do)}", highlight=False)


def print_left_out(one: LeftOut) -> None:
    """Print what is not sent of a file, then what to do."""
    console.print(f"[bold yellow]Left out[/] {escape(one.message)}", highlight=False)
    console.print(f"  → {escape(one.what_to_do)}", highlight=False)


def print_json(value: Any) -> None:  # noqa: ANN401 - anything json can write
    """Print one JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False))  # noqa: T201 - this is the output


def plain(value: Any) -> Any:  # noqa: ANN401 - a decoded record: any JSON value, dates, bytes
    """Convert a decoded Avro record to what JSON can hold: ISO dates, hexadecimal bytes."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else value


class JsonList:
    """Writes ``{name: […], …}`` to a stream, an element at a time.

    ``end`` writes the other members and closes the object. Without a stream nothing is written.
    """

    def __init__(self, out: TextIO | None, *, name: str) -> None:
        self._out = out
        self._separator = f'{{"{name}": ['

    def add(self, value: Any) -> None:  # noqa: ANN401 - anything json can write
        """Write the next element."""
        self._write(self._separator + json.dumps(value, ensure_ascii=False))
        self._separator = ",\n"

    def end(self, **members: Any) -> None:  # noqa: ANN401 - anything json can write
        """Close the list, write the other members and close the object."""
        rest = json.dumps(members, ensure_ascii=False)
        began = "" if self._separator == ",\n" else self._separator
        self._write(f"{began}],\n{rest[1:]}\n")

    def _write(self, text: str) -> None:
        if self._out is not None:
            self._out.write(text)
