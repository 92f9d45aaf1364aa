"""Keep what a sender wrote from controlling a terminal. Pure."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with `?` in the place of each character that cannot be printed."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
