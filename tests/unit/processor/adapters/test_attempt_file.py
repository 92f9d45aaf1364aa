"""The file of a lane's attempt note."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpr_stream.processor.adapters.attempt_file import AttemptFile
from kpr_stream.processor.poison.attempts import AttemptNote, attempt_note
from tests.unit.processor.poison.test_suspects import FIRST, record


def test_a_file_is_written_in_place_and_outlives_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "kpr-hst-3.opening"
    assert AttemptFile(path).read() == AttemptNote()
    for offset in (5, 6):
        note = attempt_note(FIRST, 1, [record(offset)])
        AttemptFile(path).write(note)
        assert AttemptFile(path).read() == note
    assert path.stat().st_mode & 0o077 == 0
    assert len(list(tmp_path.iterdir())) == 1


def test_a_disk_that_cannot_be_written_costs_the_note_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    AttemptFile(tmp_path / "gone" / "note").write(attempt_note(FIRST, 1, [record(1)]))
    assert "cannot be written" in caplog.text
