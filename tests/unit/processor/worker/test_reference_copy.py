"""Workers that start at the same moment write the copy of the reference data once."""

from __future__ import annotations

from pathlib import Path

from kpr_stream.processor.worker.reference_copy import _write, last_good
from kpr_stream.reference.load import shipped_folder


def test_a_worker_that_comes_second_leaves_the_copy_that_the_first_may_read(
    tmp_path: Path,
) -> None:
    copy = tmp_path / "reference" / "version"
    _write(shipped_folder(), copy)
    first = copy.stat().st_ino
    _write(shipped_folder(), copy)
    assert copy.stat().st_ino == first
    assert last_good(copy.parent) == copy
    assert sorted(path.name for path in copy.parent.iterdir()) == [".lock", "version"]
