"""Name where a tail begins. Pure, and light: every command that parses arguments imports it."""

from __future__ import annotations

from enum import StrEnum


class Start(StrEnum):
    """Where a tail begins, where it does not begin at a time."""

    EARLIEST = "earliest"
    LATEST = "latest"
