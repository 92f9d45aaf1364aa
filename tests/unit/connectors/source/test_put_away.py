"""Files that are done or cannot be used are put away as the setting says, and nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kpr_stream.connectors.source.put_away import put_away, seconds_to_wait, seen, set_aside
from kpr_stream.errors import DiskError, ExportError
from kpr_stream.settings import FilesWhenDone
from tests.unit.connectors.exports import NAME

ERROR = ExportError("The file cannot be used: /0/orgNr.", what_to_do="Fix the export.")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_text("[]")
    return path


@pytest.mark.parametrize(
    ("when", "name"),
    [
        (FilesWhenDone.KEEP, NAME),
        (FilesWhenDone.MARK, f"{NAME}.done"),
        (FilesWhenDone.MOVE, f".done/{NAME}"),
    ],
)
def test_a_done_file_is_where_the_setting_says(file: Path, when: FilesWhenDone, name: str) -> None:
    one = seen(file)
    assert one is not None
    put_away(one, when)
    assert (file.parent / name).read_text() == "[]"
    assert len([path for path in file.parent.rglob("*") if path.is_file()]) == 1


def test_a_file_that_was_written_again_meanwhile_stays(file: Path) -> None:
    one = seen(file)
    assert one is not None
    file.write_text("[1]")
    assert put_away(one, FilesWhenDone.MOVE) is None
    assert file.exists()


def test_a_file_of_the_same_name_is_not_overwritten(file: Path) -> None:
    for text in ("first", "second"):
        file.write_text(text)
        one = seen(file)
        assert one is not None
        put_away(one, FilesWhenDone.MARK)
    assert sorted(path.name for path in file.parent.iterdir()) == [f"{NAME}.done", f"{NAME}.done.1"]
    assert (file.parent / f"{NAME}.done").read_text() == "first"


@pytest.mark.parametrize("when", [FilesWhenDone.MARK, FilesWhenDone.MOVE])
def test_a_file_that_cannot_be_used_lies_beside_its_reason(file: Path, when: FilesWhenDone) -> None:
    aside = set_aside(file, when, ERROR)
    assert aside is not None
    assert not file.exists()
    reason = aside.with_name(f"{aside.name}.reason.txt").read_text("utf-8")
    assert reason == f"{ERROR.message}\n{ERROR.what_to_do}\n"


def test_a_folder_that_cannot_be_written_is_reported(file: Path) -> None:
    (file.parent / ".failed").write_text("no folder")
    with pytest.raises(DiskError, match="cannot be put away"):
        set_aside(file, FilesWhenDone.MOVE, ERROR)


@pytest.mark.parametrize(
    ("settle_s", "age_s", "wait_s"), [(0, 0, 0), (10, 4, 6), (10, 11, 0), (10, -500, 10)]
)
def test_a_file_must_be_unchanged_for_a_while(
    file: Path, settle_s: float, age_s: int, wait_s: float
) -> None:
    at = 10**18
    os.utime(file, ns=(at, at))
    assert seconds_to_wait(file, settle_s, now_ns=at + age_s * 10**9) == wait_s
