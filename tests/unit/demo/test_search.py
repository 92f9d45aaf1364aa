"""What the demo searches for: every national id of its exports, at its full length."""

from __future__ import annotations

import json
from pathlib import Path

from kpr_stream.demo.check import CANARY, _files, _ids, _plant_in_log


def test_every_kind_of_id_is_found_at_any_depth_and_padded(tmp_path: Path) -> None:
    folder = tmp_path / "eg-infodoc" / "unit"
    folder.mkdir(parents=True)
    one = {"pasient": {"fodselsNr": 1019912345, "navn": "12345678901"}, "dNr": None}
    two = [{"liste": [{"dufNr": "20261234567"}, {"fhNr": "90000000001"}, 7]}]
    (folder / "1.json").write_text(json.dumps(one))
    (folder / "2.json").write_text(json.dumps(two))
    assert _ids(tmp_path) == {"01019912345", "020261234567", "90000000001"}


def test_logs_are_searched_below_folders_too_and_the_canary_is_among_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("deep/kafka.log", "result.json", "notes.txt", "picture.png"):
        (tmp_path / name).touch()
    canary = _plant_in_log(tmp_path)
    assert CANARY in canary.read_text()
    assert {path.name for path in _files(tmp_path)} == {
        "kafka.log",
        "result.json",
        "notes.txt",
        canary.name,
    }
