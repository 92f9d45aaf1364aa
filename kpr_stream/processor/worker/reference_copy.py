"""Keep a copy of the reference data that this worker was started with.

Replacing the configured folder does not change a running worker: it has the tables in memory, and
the sandbox's process reads the copy. If the configured folder is found broken at the next start,
the error names the newest copy as the last good one.
"""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

from kpr_stream.errors import ConfigurationError, DiskError
from kpr_stream.process.folders import make_folder
from kpr_stream.process.lock import one_at_a_time
from kpr_stream.reference.load import load_reference, read_reference, shipped_folder
from kpr_stream.reference.manifest import MANIFEST
from kpr_stream.reference.tables import TABLES
from kpr_stream.settings import Settings

COPIES = "reference"
"""The folder under home; it has one folder for each version."""


def with_kept_reference(settings: Settings, *, today: date) -> Settings:
    """Copy the reference data; return the settings with the copy as their folder.

    ConfigurationError if the configured folder fails a check, or if its data are not valid yet.
    The error names the last good copy, if one exists. DiskError if the copy cannot be written.
    """
    source = settings.reference_dir or shipped_folder()
    copies = settings.home / COPIES
    try:
        reference = read_reference(source)
    except ConfigurationError as broken:
        raise _with_last_good(broken, copies) from None
    if reference.valid_from > today:
        raise ConfigurationError(
            f"The reference data in {source} are valid from {reference.valid_from} only.",
            what_to_do="Start with data that are valid today; set KPR_REFERENCE_DIR on that day.",
        )
    copy = copies / reference.version
    if not _is_whole(copy):
        _write(source, copy)
    return settings.model_copy(update={"reference_dir": copy})


def last_good(copies: Path) -> Path | None:
    """Return the newest copy that passes its checks, or None."""
    kept = sorted(copies.glob(f"*/{MANIFEST}"), key=lambda file: file.stat().st_mtime)
    return next((file.parent for file in reversed(kept) if _is_whole(file.parent)), None)


def _is_whole(copy: Path) -> bool:
    try:
        load_reference(copy)
    except ConfigurationError:
        return False
    return True


def _write(source: Path, copy: Path) -> None:
    unfinished = copy.with_name(f".{copy.name}.{os.getpid()}")
    make_folder(unfinished)
    try:
        with one_at_a_time(copy.with_name(".lock")):
            _replace(source, unfinished, copy)
    except OSError as cause:
        shutil.rmtree(unfinished, ignore_errors=True)
        if _is_whole(copy):
            return  # another worker on this machine wrote the same copy first
        raise DiskError(
            f"The copy {copy} cannot be written: {cause.strerror or type(cause).__name__}.",
            what_to_do="Free space, or set KPR_HOME to a folder that this user may write.",
        ) from None


def _replace(source: Path, unfinished: Path, copy: Path) -> None:
    """Write the copy, unless another worker has: it may read its copy already."""
    if _is_whole(copy):
        shutil.rmtree(unfinished)
        return
    for name in (*(table.file for table in TABLES), MANIFEST):
        shutil.copyfile(source / name, unfinished / name)
    if copy.exists():
        shutil.rmtree(copy)
    unfinished.rename(copy)


def _with_last_good(broken: ConfigurationError, copies: Path) -> ConfigurationError:
    good = last_good(copies)
    if good is None:
        return broken
    return ConfigurationError(
        broken.message, what_to_do=f"{broken.what_to_do} The last good copy is {good}."
    )
