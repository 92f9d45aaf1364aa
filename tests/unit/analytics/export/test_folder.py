"""The folder of an export: private, empty at first, held by one process."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from kpr_stream.analytics.export.folder import (
    digests_on_disk,
    locked,
    make_private,
    remove_file,
    require_empty,
    write_rows,
)
from kpr_stream.analytics.export.read import sources
from kpr_stream.errors import DiskError, UsageError

CONSULTATION, _ = sources()
MONTH = date(2026, 3, 1)
ROWS = pl.DataFrame({"a": [1, 2]})


def test_only_an_empty_folder_is_taken(tmp_path: Path) -> None:
    require_empty(tmp_path)
    require_empty(tmp_path / "new")
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(UsageError, match="not an empty folder"):
            require_empty(path)


def test_two_processes_do_not_write_one_export(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(UsageError, match="Another process"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_files_are_private_and_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    make_private(folder)
    entry = write_rows(folder, CONSULTATION, MONTH, ROWS, "2-1-1")
    undated = write_rows(folder, CONSULTATION, None, ROWS, "2-1-1")
    path = folder / entry.path
    assert pl.read_parquet(path).equals(ROWS)
    assert [one.stat().st_mode & 0o777 for one in (folder, path.parent, path)] == [
        *(0o700, 0o700, 0o600)
    ]
    assert (entry.rows, entry.bytes) == (2, path.stat().st_size)
    for name in (".2026-03.parquet.123", "2026-13.parquet", "notes.txt"):
        (path.parent / name).touch()
    assert digests_on_disk(folder, sources()) == {
        ("consultation", MONTH): entry.sha256,
        ("consultation", None): undated.sha256,
    }
    assert sorted(one.name for one in path.parent.iterdir()) == [
        *("2026-03.parquet", "undated.parquet")
    ]
    remove_file(folder, "consultation", MONTH)
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "consultation").touch()
    with pytest.raises(DiskError, match="consultation"):
        write_rows(tmp_path, CONSULTATION, MONTH, ROWS, "2-1-1")
