"""Find the repository's own files, for tests that read them."""

from __future__ import annotations

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
