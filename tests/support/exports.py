"""A manifest of an export, as a test wants it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from kpr_stream.analytics.export.manifest import ExportManifest, FileEntry, RefreshState

MADE_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def file_entry(relation: Any = "consultation", month: date | None = None, **more: Any) -> FileEntry:
    """The entry of a file with some rows."""
    given = {"rows": 3, "bytes": 900, "sha256": "a" * 64, "fingerprint": "3-1-2"} | more
    return FileEntry(relation=relation, month=month, **given)


def manifest(*files: FileEntry, **more: Any) -> ExportManifest:
    """A manifest with these files."""
    state = RefreshState(
        as_of=date(2026, 3, 1),
        refreshed_at=MADE_AT,
        reference_version="2026-01-01-0123456789ab",
        source_positions=(),
    )
    given: dict[str, Any] = {
        "product": "kpr-stream 1",
        "environment": "test",
        "purpose": "A test",
        "freeze": None,
        "first_made_at": MADE_AT,
        "made_at": MADE_AT,
        "expires_on": date(2026, 5, 1),
        "disclosure_id": 1,
        "state": state,
        "relations": (),
        "files": files,
    }
    return ExportManifest(**given | more)
