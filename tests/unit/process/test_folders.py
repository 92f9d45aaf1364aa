"""Room on a disk: asked for before anything depends on it; a full one keeps nobody from ending."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kpr_stream.errors import DiskError
from kpr_stream.process.folders import require_free_space
from tests.support.full_disk import full_disk


def test_a_folder_with_room(tmp_path: Path) -> None:
    require_free_space(tmp_path, 1, what_for="a test")
    assert list(tmp_path.iterdir()) == []


def test_too_little_room_is_told_with_how_much(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"MB left; a test needs 1000000000 MB"):
        require_free_space(tmp_path, 10**15, what_for="a test")


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(DiskError, match="takes no file: File too large"):
        require_free_space(tmp_path, 1, what_for="a test")


def test_a_process_whose_last_words_find_no_room_ends_all_the_same(tmp_path: Path) -> None:
    program = (
        "import resource; from kpr_stream.processor.worker.watchdog import end_process; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); end_process('the disk is full')"
    )
    with (tmp_path / "log").open("wb") as log:
        ended = subprocess.run([sys.executable, "-c", program], stderr=log, check=False)
    assert ended.returncode == 70
    assert (tmp_path / "log").read_bytes() == b""
