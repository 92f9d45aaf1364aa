"""Choose the source of a folder, by its system and by what its files hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from kpr_stream.connectors.export.names import is_snapshot_name, shown
from kpr_stream.connectors.export.reader import SIDECAR, parse, read_bytes
from kpr_stream.connectors.fhir.rules import fhir_rules
from kpr_stream.connectors.mapping.local_codes import profile_in
from kpr_stream.connectors.mapping.table import table_of
from kpr_stream.connectors.source.export_folder import ExportFolder
from kpr_stream.connectors.source.fhir_folder import ENDINGS, FhirFolder
from kpr_stream.connectors.source.interface import Source
from kpr_stream.errors import ExportError, UsageError
from kpr_stream.model.files import open_regular_file
from kpr_stream.model.words import System
from kpr_stream.settings import Environment, Settings

LOOKED_AT_BYTES: Final = 64 * 1024
"""Beginning of a file in which a FHIR resource names its type."""
LOOKED_AT_FILES: Final = 20
"""Files of a folder that are looked at: all of an export are of one kind."""


def source_in(folder: Path, system: System, settings: Settings, key: Callable[[], bytes]) -> Source:
    """Return the source of a folder. ``key`` gives that of the fingerprints, if it is needed.

    ConfigurationError if the system's codes cannot be used, UsageError if the folder is another
    system's or holds FHIR of a system that has no rows for it.
    """
    profile = profile_in(system, settings)
    require_own(folder, system)
    in_test = settings.environment is Environment.TEST
    if not holds_fhir(folder):
        return ExportFolder(folder, profile, synthetic_units=in_test)
    rows = table_of(system).fhir
    if rows is None:
        raise UsageError(
            f"The folder {shown(str(folder))} holds FHIR, and the mapping table of {system} has no "
            "rows for FHIR.",
            what_to_do="Give --system the system that wrote it, or export the format of "
            "docs/vendor/export-format.md.",
        )
    return FhirFolder(folder, fhir_rules(rows, profile), key(), synthetic_units=in_test)


def holds_fhir(folder: Path) -> bool:
    """Return whether a folder holds FHIR snapshots: by their names, or by what is in the files."""
    try:
        found = _offered(folder)
    except OSError:
        return False  # the source reports it
    if any(is_snapshot_name(path.name) for path in found):
        return True
    files = [path for path in found if path.suffix in ENDINGS and path.name != SIDECAR]
    return any(map(_is_fhir, files[:LOOKED_AT_FILES]))


def require_no_fhir(path: Path) -> None:
    """Raise UsageError if a file or folder holds FHIR, which the dry run does not read."""
    if holds_fhir(path) if path.is_dir() else _is_fhir(path):
        raise UsageError(
            f"{shown(str(path))} holds FHIR; the dry run judges files of the export format.",
            what_to_do="Send the snapshots to a test environment with `kpr-stream connect`, and "
            "read the receipts (docs/vendor/fhir.md).",
        )


def _offered(folder: Path) -> list[Path]:
    here = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    below = (
        path
        for one in here
        if one.is_dir() and not is_snapshot_name(one.name)
        for path in sorted(one.iterdir())
        if not path.name.startswith(".")
    )
    return [*here, *below]


def _is_fhir(path: Path) -> bool:
    try:
        with open_regular_file(path) as stream:
            begin = stream.read(LOOKED_AT_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return False
    return begin.startswith(b"{") and b'"resourceType"' in begin


def require_own(folder: Path, system: System) -> None:
    """Raise UsageError if an ``export.json`` in the folder names another system.

    Codes and units of another system would be read as this system's, and nobody would notice.
    """
    for path in (folder / SIDECAR, *sorted(folder.glob(f"*/{SIDECAR}"))):
        written = _system_in(path)
        if written is not None and written != system:
            raise UsageError(
                f"The file {shown(str(path))} names another system than {system}.",
                what_to_do="Give --system the system that wrote the export, or name its folder.",
            )


def _system_in(path: Path) -> object:
    """Return what the file gives as its system. A file that cannot be read is reported later."""
    if not path.exists():
        return None
    try:
        found = parse(path, read_bytes(path))
    except ExportError:
        return None
    return found.get("system") if isinstance(found, dict) else None
