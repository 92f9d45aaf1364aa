"""Every dashboard has a picture, whatever Prometheus answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.unit.grafana.reading import FILES, panels, read
from tests.unit.pictures.made_up import answers_of
from tools.pictures.draw import draw
from tools.pictures.sheet import WIDTH

MOST_BYTES = 200_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_picture_shows_what_is_answered(path: Path, tmp_path: Path) -> None:
    board = read(path)
    full = {str(panel["id"]): answers_of(panel) for panel in panels(board)}
    empty = {
        panel: {ref: list[dict[str, object]]() for ref in queries}
        for panel, queries in full.items()
    }
    assert draw(board, full, tmp_path / "full.png") < MOST_BYTES
    assert draw(board, empty, tmp_path / "empty.png") < MOST_BYTES
    shown, blank = (Image.open(tmp_path / f"{name}.png") for name in ("full", "empty"))
    assert shown.size == blank.size
    assert shown.size[0] == WIDTH
    assert shown.tobytes() != blank.tobytes()
