"""The vendors' pages are what the catalogue says, and enough to fix an error with."""

from __future__ import annotations

import pytest

from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.rules.document import PAGES, Language
from tests.support.repository import ROOT
from tools.rules_pages import page


@pytest.mark.parametrize("language", list(Language))
def test_the_vendors_page_is_up_to_date(language: Language) -> None:
    written = (ROOT / PAGES[language]).read_text("utf-8")
    assert written == page(language), "run python -m tools.rules_pages"


@pytest.mark.parametrize("language", list(Language))
def test_every_rule_has_a_section_that_its_row_leads_to(language: Language) -> None:
    written = page(language)
    for rule in catalogue(load_reference()):
        assert f"(#{rule.id.lower()})" in written
        assert f"\n### {rule.id}\n" in written
