"""Refresh the views for analysts, and write the report of one municipality of the demo."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from kpr_stream.analytics.refresh import refresh
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.calendar import LAST_DAY

TODAY: Final = LAST_DAY + timedelta(days=1)
"""The day that counts as today: the made-up reports end the day before."""
OF_THE_REPORT: Final = ("jinja2", "matplotlib", "scipy")
"""Packages of the extra ``analytics`` that the demo itself does not need."""


def write_report(settings: Settings, folder: Path, expected: dict[str, Any]) -> Path | None:
    """Write the page of the municipality with most items; return its file.

    None if the extra ``analytics`` is not installed. ``expected`` is what the simulator has sent.
    """
    asyncio.run(refresh(settings, load_reference(settings.reference_dir), as_of=TODAY))
    if any(find_spec(module) is None for module in OF_THE_REPORT):
        return None
    from kpr_stream.analytics.disclosure.rule import DisclosureRule  # noqa: PLC0415
    from kpr_stream.analytics.report.database import DatabaseData  # noqa: PLC0415
    from kpr_stream.analytics.report.place import of_municipality  # noqa: PLC0415
    from kpr_stream.analytics.report.write import make_reports, write_page  # noqa: PLC0415

    reports = make_reports(
        DatabaseData(settings, TODAY),
        DisclosureRule(settings.disclosure_threshold, settings.disclosure_small_group),
        folder / "releases",
        load_reference(settings.reference_dir),
        own_small_cells=settings.report_own_small_cells,
    )
    code = largest(expected)
    page = folder / f"report-{code}.html"
    write_page(page, reports.page(of_municipality, code))
    return page


def largest(expected: dict[str, Any]) -> str:
    """Return the municipality with most items. The made-up units name municipalities of today."""
    items: Counter[str] = Counter()
    for system in expected["systems"].values():
        for unit in system["units"].values():
            items[unit["municipality_code"]] += sum(unit["outcomes"].values())
    return max(items, key=lambda code: (items[code], code))
