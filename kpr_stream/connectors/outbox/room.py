"""Keep the outbox below its limit: a full disk would stop the EPJ that shares it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kpr_stream.errors import DiskError


def used_bytes(outbox: sqlite3.Connection) -> int:
    """Return the bytes that the content of an outbox takes, without pages that are free again."""
    (pages,), (free,), (size,) = (
        outbox.execute(f"PRAGMA {name}").fetchone()
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def require_room(outbox: sqlite3.Connection, path: Path, *, more: int, limit: int) -> None:
    """Raise DiskError if ``more`` bytes would take the outbox beyond its limit.

    Only new deliveries are refused: receipts are still applied, since each makes room.
    """
    if used_bytes(outbox) + more > limit:
        raise DiskError(
            f"The outbox {path} has reached its limit of {limit} bytes (KPR_OUTBOX_MAX_BYTES).",
            what_to_do="See `kpr-stream connect status`: a unit that is held keeps its deliveries. "
            "Release it, or raise the limit, and run again. Nothing is lost: what was not stored "
            "is read from the export again.",
        )
