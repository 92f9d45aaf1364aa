"""Decide which files of an export are written, kept and removed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kpr_stream.analytics.export.manifest import FileEntry, RelationName

Part = tuple[RelationName, date | None]
"""A relation and the first day of a month."""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What a refresh does with each file."""

    write: tuple[Part, ...]
    """New months, and months whose rows or file differ from the manifest."""
    keep: tuple[FileEntry, ...]
    drop: tuple[Part, ...]
    """Months that have no row any more."""


def plan_refresh(
    listed: tuple[FileEntry, ...],
    on_disk: Mapping[Part, str],
    fingerprints: Mapping[Part, str],
) -> ExportPlan:
    """Compare the files of a manifest with the rows of the database.

    ``on_disk`` has the SHA-256 of each file that exists, ``fingerprints`` one of the rows of each
    month that has rows. A file that differs from its manifest is written again: an earlier refresh
    was interrupted, or somebody changed the file.
    """
    keep = tuple(
        file
        for file in listed
        if fingerprints.get((file.relation, file.month)) == file.fingerprint
        and on_disk.get((file.relation, file.month)) == file.sha256
    )
    kept = {(file.relation, file.month) for file in keep}
    return ExportPlan(
        write=tuple(part for part in fingerprints if part not in kept),
        keep=keep,
        drop=tuple(part for part in on_disk if part not in fingerprints),
    )
