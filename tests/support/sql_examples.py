"""The SQL examples of a page."""

from __future__ import annotations

import re

from tests.support.repository import ROOT

ANALYSE = ROOT / "docs" / "analyse"


def sql_examples(page: str) -> list[str]:
    """Return the examples of a page of docs/analyse, in their order."""
    text = (ANALYSE / f"{page}.md").read_text("utf-8")
    return re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
