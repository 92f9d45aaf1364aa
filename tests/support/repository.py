"""Find the repository's own files, for tests that read them."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "avro_schemas"
PACKAGE = ROOT / "kpr_stream"


@cache
def tracked_files() -> tuple[Path, ...]:
    """List every file that git tracks or would track, so that a missing `git add` hides nothing."""
    listed = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(p for name in listed.split("\0") if name and (p := ROOT / name).is_file())


def copy_tracked_files(folder: Path) -> Path:
    """Copy every tracked file into a folder, as a fresh clone has them; the folder.

    Building the package leaves a folder ``build``, which later builds read: build in a copy.
    """
    for path in tracked_files():
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return folder
