"""Generated pages: every maker is in one list, and every page is what its maker writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repository import ROOT
from tools import pages

SHARED = {"__init__", "generated", "pages"}
"""Modules of the folder that write no page of their own."""


def test_every_maker_is_listed() -> None:
    there = {path.stem for path in (ROOT / "tools").glob("*.py")} - SHARED
    assert there == pages.MAKERS.keys() | pages.MADE_ONCE.keys()
    assert not pages.MAKERS.keys() & pages.MADE_ONCE.keys()


@pytest.mark.parametrize("maker", pages.MAKERS)
def test_every_generated_file_is_up_to_date(maker: str) -> None:
    files = pages.MAKERS[maker]()
    assert files
    stale = [_name(path) for path, text in files.items() if path.read_text("utf-8") != text]
    assert stale == [], "run make pages"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))
