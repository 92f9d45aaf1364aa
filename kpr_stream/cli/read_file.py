"""Reads a file that an argument or option names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kpr_stream.connectors.export.names import shown
from kpr_stream.errors import UsageError
from kpr_stream.model.files import read_regular_file

SMALL_BYTES: Final = 1_000_000
"""A script, a key or a certificate has some kilobytes. A larger file was named by mistake."""


def read_named_file(path: Path, wanted: str, *, most_bytes: int = SMALL_BYTES) -> bytes:
    """Return the bytes; UsageError says that the file cannot be read, why, and what is wanted."""
    try:
        return read_regular_file(path, most_bytes=most_bytes)
    except OSError as cause:
        raise UsageError(
            f"The file {shown(str(path))} cannot be read: {cause.strerror}.",
            what_to_do=f"Name a file with {wanted}.",
        ) from None
