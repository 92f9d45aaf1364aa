"""Writes the vendors' pages of all rules.

Run: python -m tools.rules_pages
"""

from __future__ import annotations

from kpr_stream.connectors.mapping.paths import export_paths
from kpr_stream.model.words import MessageType
from kpr_stream.reference import load_reference
from kpr_stream.rules.document import PAGES, Language, vendor_page
from tests.support.repository import ROOT


def page(language: Language) -> str:
    """The page as it should be."""
    return vendor_page(load_reference(), language, export_paths(MessageType.CONSULTATION))


if __name__ == "__main__":
    for language, path in PAGES.items():
        (ROOT / path).write_text(page(language), "utf-8")
