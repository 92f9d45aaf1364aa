"""Wait for files that are still being written, and put away those that are done or failed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kpr_stream.errors import DiskError, ExportError
from kpr_stream.settings import FilesWhenDone

MOST_OF_ONE_NAME: Final = 1_000
"""Files of one name in a folder of done files. More mean that names are not counted up."""


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as it was when it was read. A file that has changed since is another one."""

    path: Path
    changed_ns: int
    size: int


def seen(path: Path) -> SeenFile | None:
    """Return a file as it is now; None if it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return SeenFile(path, found.st_mtime_ns, found.st_size)


def size_of(path: Path | None) -> int:
    """Return the bytes of a file, or of the files in a folder; 0 for what is gone."""
    if path is None:
        return 0
    try:
        if path.is_dir():
            return sum(one.stat().st_size for one in path.iterdir() if one.is_file())
        return path.stat().st_size
    except OSError:
        return 0


def seconds_to_wait(path: Path, settle_s: float, *, now_ns: int | None = None) -> float:
    """Return how long a file must stay unchanged until it counts as written; 0 if it does."""
    found = seen(path) if settle_s > 0 else None
    if found is None:
        return 0.0
    age_s = ((time.time_ns() if now_ns is None else now_ns) - found.changed_ns) / 1e9
    return min(settle_s, max(0.0, settle_s - age_s))


def put_away(one: SeenFile, when: FilesWhenDone) -> Path | None:
    """Put away a file that was answered; return its new path, None if it stays or has changed."""
    return None if seen(one.path) != one else _away(one.path, when, "done")


def set_aside(path: Path, when: FilesWhenDone, error: ExportError) -> Path | None:
    """Put away a file that cannot be used, with its reason in a text file beside it.

    The reason is written first. A process that ends in between finds the file again; after the
    move alone nobody would learn why the file lies there.
    """
    return _away(path, when, "failed", reason=f"{error.message}\n{error.what_to_do}\n")


def _away(path: Path, when: FilesWhenDone, word: str, reason: str | None = None) -> Path | None:
    if when is FilesWhenDone.KEEP:
        return None
    try:
        if when is FilesWhenDone.MOVE:
            folder = path.parent / f".{word}"
            folder.mkdir(exist_ok=True)
            target = _free(folder / path.name)
        else:
            target = _free(path.with_name(f"{path.name}.{word}"))
        if reason is not None:
            target.with_name(f"{target.name}.reason.txt").write_text(reason, "utf-8")
        return path.rename(target)
    except OSError as cause:
        raise _refused(path, cause) from None


def _free(path: Path) -> Path:
    """Return the path, or the first numbered one, that does not exist yet."""
    names = (path, *(path.with_name(f"{path.name}.{n}") for n in range(1, MOST_OF_ONE_NAME)))
    found = next((one for one in names if not one.exists()), None)
    if found is None:
        raise OSError(None, f"there are {MOST_OF_ONE_NAME} files of this name already")
    return found


def _refused(path: Path, cause: OSError) -> DiskError:
    return DiskError(
        f"The file {path.name} cannot be put away: {cause.strerror}.",
        what_to_do="Give this process the right to write in the folder of the export, or set "
        "KPR_FILES_WHEN_DONE to keep. Its content is safe in the outbox.",
    )
