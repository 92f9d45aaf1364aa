"""What the command prints: messages for people on standard error, JSON on standard output."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from kpr_stream.errors import KprError

console = Console(stderr=True)
"""For people. Standard output is kept for what a script reads."""


def print_error(error: KprError) -> None:
    """The message, then what to do."""
    console.print(f"[bold red]{type(error).__name__}[/] {error.message}", highlight=False)
    console.print(f"  → {error.what_to_do}", highlight=False)


def print_json(value: Any) -> None:  # noqa: ANN401 - anything json can write
    """One JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False))  # noqa: T201 - this is the output
