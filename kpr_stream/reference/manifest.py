"""The manifest of a reference folder: which version it is, and what proves that it is whole."""

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
    """What one file was when the folder was sealed."""

    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A sealed folder. The version follows from the bytes: other contents, another version."""

    valid_from: date
    """First day on which this reference is to be used."""
    files: Mapping[str, FileSeal]

    @property
    def version(self) -> str:
        """The day it is valid from, and the first digits of the SHA-256 over all checksums."""
        whole = sha256()
        for name in sorted(self.files):
            whole.update(f"{name}={self.files[name].sha256}\n".encode())
        return f"{self.valid_from:%Y-%m-%d}-{whole.hexdigest()[:DIGITS_OF_VERSION]}"

    def to_json(self) -> str:
        """The file, for people and for git: one line a fact."""
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
    """The manifest in a text; ValueError says what it lacks."""
    try:
        told: Any = json.loads(text)
        found = Manifest(
            valid_from=date.fromisoformat(told["valid_from"]),
            files={
                str(name): FileSeal(str(seal["sha256"]), int(seal["rows"]))
                for name, seal in told["files"].items()
            },
        )
        version, form = told["version"], told["format"]
    except (KeyError, TypeError, AttributeError) as cause:
        raise ValueError(f"it lacks {cause}") from None
    if form != FORMAT:
        raise ValueError(f"its format is {form}, this release reads {FORMAT}")
    if version != found.version:
        raise ValueError(f"it calls itself {version}, but its checksums make {found.version}")
    return found
