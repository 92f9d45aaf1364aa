"""Read and write the manifest of a reference folder: its version, and checksums of its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from kpr_stream.reference.tables import TABLES

MANIFEST = "manifest.json"
FORMAT = 1
DIGITS_OF_VERSION = 12


@dataclass(frozen=True, slots=True)
class FileSeal:
    """Checksum and rows of one file when the folder was sealed."""

    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A sealed folder. Its version depends on all bytes, so other contents have another version."""

    valid_from: date
    """The first day on which this reference is used."""
    files: Mapping[str, FileSeal]

    @property
    def version(self) -> str:
        """Return the first day of validity and digits of the SHA-256 over all checksums."""
        whole = sha256()
        for name in sorted(self.files):
            whole.update(f"{name}={self.files[name].sha256}\n".encode())
        return f"{self.valid_from:%Y-%m-%d}-{whole.hexdigest()[:DIGITS_OF_VERSION]}"

    def to_json(self) -> str:
        """Return the file's text, with one fact on each line for people and for git."""
        return (
            json.dumps(
                {
                    "format": FORMAT,
                    "version": self.version,
                    "valid_from": self.valid_from.isoformat(),
                    "files": {
                        name: {"sha256": seal.sha256, "rows": seal.rows}
                        for name, seal in self.files.items()
                    },
                    "references": [
                        f"{table.file}: {column} -> {file}: {there}"
                        for table in TABLES
                        for column, file, there in table.refers
                    ],
                },
                indent=2,
            )
            + "\n"
        )


def read_manifest(text: str) -> Manifest:
    """Read a manifest. ValueError says what is missing or wrong."""
    try:
        raw: Any = json.loads(text)
        found = Manifest(
            valid_from=date.fromisoformat(raw["valid_from"]),
            files={
                str(name): FileSeal(str(seal["sha256"]), int(seal["rows"]))
                for name, seal in raw["files"].items()
            },
        )
        version, form = raw["version"], raw["format"]
    except (KeyError, TypeError, AttributeError) as cause:
        raise ValueError(f"it lacks {cause}") from None
    if form != FORMAT:
        raise ValueError(f"its format is {form}, this release reads {FORMAT}")
    if version != found.version:
        raise ValueError(f"its version is {version}, but its checksums give {found.version}")
    return found
