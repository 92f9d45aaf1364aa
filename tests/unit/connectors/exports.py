"""Small export files for the connector's tests. Every id in them is synthetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

UNIT = "800000009"
OTHER_UNIT = "800000017"
NAME = "000001_HST_Konsultasjon_2025-01_20250201T040000Z.json"
FNR = "01810178928"
"""Month + 80; begins with a zero on purpose."""


def consultation(local_id: object = "k-1", **more: Any) -> dict[str, Any]:
    """A consultation in an export."""
    return {"konsultasjonId": local_id, "datoTid": "2025-01-07T10:15:00.1234567+01:00", **more}


def unit(
    *upserts: dict[str, Any], org_nr: object = UNIT, deletions: list[Any] | None = None
) -> dict[str, Any]:
    """A unit's object in an export of consultations."""
    return {
        "orgNr": org_nr,
        "kommuneNr": "0301",
        "bydelNr": "030101",
        "slettKonsultasjon": deletions or [],
        "konsultasjon": list(upserts),
    }


def write(folder: Path, content: object, name: str = NAME) -> Path:
    """Write an export file; text and bytes go in as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_text(text, "utf-8")
    return path
