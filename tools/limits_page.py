"""Writes the page of bounds, `docs/vendor/limits.md`: `python -m tools.limits_page`."""

from __future__ import annotations

from pathlib import Path

from kpr_stream.model.limits import BOUNDS
from tests.support.repository import ROOT
from tools.generated import write

PAGE = ROOT / "docs" / "vendor" / "limits.md"
INTRO = """# Limits

What the receiver, the connector and the dry run take from outside. Each bound is checked before
work is spent on the value. This page is made from `kpr_stream/model/limits.py` by `python -m
tools.limits_page`. Do not edit it.

| bound | på norsk | most | what happens beyond it | the failure that it prevents |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The page, a row for each bound."""
    rows = [
        f"| {b.what} | {b.norwegian} | {b.most:,} {b.unit} | {b.beyond} | {b.prevents} |\n"
        for b in BOUNDS
    ]
    return INTRO + "".join(rows)


def files() -> dict[Path, str]:
    """The page by its path."""
    return {PAGE: page()}


if __name__ == "__main__":
    write(files())
