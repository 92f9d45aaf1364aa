"""Writes the vendors' pages of all rules.

Run: python -m tools.rules_pages
"""

from __future__ import annotations

from pathlib import Path

from kpr_stream.connectors.mapping.paths import export_paths
from kpr_stream.model.words import MessageType
from kpr_stream.reference import load_reference
from kpr_stream.rules.document import PAGES, Language, vendor_page
from tests.support.repository import ROOT
from tools.generated import write


def page(language: Language) -> str:
    """The page as it should be."""
    return vendor_page(load_reference(), language, export_paths(MessageType.CONSULTATION))


def files() -> dict[Path, str]:
    """The page of each language."""
    return {ROOT / path: page(language) for language, path in PAGES.items()}


if __name__ == "__main__":
    write(files())
