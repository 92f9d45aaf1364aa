"""Prints answers on standard output; messages, progress and errors on standard error.

An answer is one JSON object with ``--json``, and lines for people without it.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.markup import escape

from kpr_stream.errors import KprError
from kpr_stream.model.utc_time import utc_time

if TYPE_CHECKING:
    from kpr_stream.connectors.export.left_out import LeftOut

PIPE_WIDTH = 130
"""Columns when the output is not a terminal: enough for every table."""


def _console(*, stderr: bool) -> Console:
    """Make a console. Only a terminal's lines are wrapped, so that grep finds whole ones."""
    window = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, width=None if window else PIPE_WIDTH, soft_wrap=not window)


console = _console(stderr=True)
"""For messages, progress and errors."""
answers = _console(stderr=False)
"""For answers and lists that people read."""


def people(as_json: bool) -> Console:
    """Return where an answer's lines for people go: beside JSON, to standard error."""
    return console if as_json else answers


def print_error(error: KprError) -> None:
    """Print the message of an error, then what to do."""
    _print_advice(f"[bold red]{type(error).__name__}[/]", error)


def print_left_out(one: LeftOut) -> None:
    """Print what is not sent of a file, then what to do."""
    _print_advice("[bold yellow]Left out[/]", one)


def print_waiting(error: KprError) -> None:
    """Print what is waited for, then what to do."""
    _print_advice("[bold yellow]Waiting[/]", error)


def _print_advice(label: str, one: KprError | LeftOut) -> None:
    # Escaped: a file name may contain square brackets, which rich reads as markup.
    console.print(f"{label} {escape(one.message)}", highlight=False)
    console.print(f"  → {escape(one.what_to_do)}", highlight=False)


def print_json(value: Any, *, indent: int | None = None) -> None:  # noqa: ANN401 - anything json can write
    """Print one JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=indent), flush=True)  # noqa: T201 - this is the output


def plain(value: Any) -> Any:  # noqa: ANN401 - a decoded record: any JSON value, dates, bytes
    """Convert a decoded Avro record to what JSON can hold: dates, times in UTC, hexadecimal."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return utc_time(value)
    return value.isoformat() if isinstance(value, date) else value


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
