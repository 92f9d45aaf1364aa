"""Free space is required before anything depends on it."""

from __future__ import annotations

import errno
import math
import shutil
from pathlib import Path

import pytest

from kpr_stream.errors import DiskError
from kpr_stream.process.folders import disk_space, make_folder, require_free_space
from tests.support.full_disk import full_disk


def test_a_folder_with_room_is_left_as_it_is(tmp_path: Path) -> None:
    require_free_space(tmp_path, 1, what_for="a test")
    assert list(tmp_path.iterdir()) == []


def test_too_little_space_is_refused_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"MB left; a test needs 1000000000 MB"):
        require_free_space(tmp_path, 10**15, what_for="a test")


def test_a_folder_in_which_no_file_can_be_written_is_refused(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(DiskError, match="No file can be written"):
        require_free_space(tmp_path, 1, what_for="a test")


def test_a_folder_is_made_with_its_parents_and_may_be_there_already(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="file/b cannot be made: Not a directory"):
        make_folder(tmp_path / "file" / "b")


def test_the_space_is_that_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    found = disk_space(tmp_path / "not" / "made")
    assert 0 < found.free <= found.size
    assert found.size == shutil.disk_usage(tmp_path).total


def test_a_file_system_that_does_not_answer_gives_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(_: Path) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(shutil, "disk_usage", stale)
    assert all(math.isnan(number) for number in disk_space(tmp_path))
