"""Measuring on one's own machine leaves the figures of the repository as they are."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bench import run
from tests.support.repository import ROOT
from tools import speed_page


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Copies of the kept figures and their page, and where a machine's own figures go."""
    found = {"kept": tmp_path / "latest.json", "page": tmp_path / "speed.md"}
    for name, file in (("kept", speed_page.RESULTS), ("page", speed_page.PAGE)):
        found[name].write_text(file.read_text("utf-8"), "utf-8")
    found["own"] = tmp_path / "own.json"
    monkeypatch.setattr(speed_page, "RESULTS", found["kept"])
    monkeypatch.setattr(speed_page, "PAGE", found["page"])
    monkeypatch.setattr(run, "OWN", found["own"])
    return found


def other(kept: Path) -> dict[str, object]:
    result: dict[str, object] = json.loads(kept.read_text("utf-8"))
    return result | {"rounds": 99}


def test_without_keep_only_an_ignored_file_is_written(files: dict[str, Path]) -> None:
    before = {name: files[name].read_text("utf-8") for name in ("kept", "page")}
    result = other(files["kept"])
    run.store(result, keep=False)
    assert json.loads(files["own"].read_text("utf-8")) == result
    assert {name: files[name].read_text("utf-8") for name in before} == before


def test_git_ignores_a_machines_own_figures() -> None:
    where = run.OWN.relative_to(ROOT)
    subprocess.run(["git", "check-ignore", "-q", where], cwd=ROOT, check=True)


def test_with_keep_the_page_shows_the_new_figures(files: dict[str, Path]) -> None:
    result = other(files["kept"])
    run.store(result, keep=True)
    assert not files["own"].exists()
    assert json.loads(files["kept"].read_text("utf-8")) == result
    assert "median of 99 interleaved rounds" in files["page"].read_text("utf-8")
