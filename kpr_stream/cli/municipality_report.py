"""``kpr-stream report``: a municipality's report as one HTML page."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpr_stream.cli.command_options import Json
from kpr_stream.cli.report import people, print_json
from kpr_stream.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from kpr_stream.analytics.report.write import Reports
    from kpr_stream.settings import Settings

OF_THE_EXTRA = ("asyncpg", "jinja2", "matplotlib", "numpy", "scipy")
"""Modules of the extra ``analytics`` that the report imports."""


def report(
    out: Annotated[
        Path | None, typer.Option("--out", help="The page to write, for example report.html.")
    ] = None,
    municipality: Annotated[
        str | None, typer.Option("--municipality", help="Municipality code of today: 4 digits.")
    ] = None,
    district: Annotated[
        str | None, typer.Option("--district", help="District code: 6 digits.")
    ] = None,
    org_nr: Annotated[str | None, typer.Option("--org-nr", help="Org number of a unit.")] = None,
    nation: Annotated[bool, typer.Option("--nation", help="The whole nation.")] = False,
    all_to: Annotated[
        Path | None,
        typer.Option("--all", help="Folder for every municipality's page, with an index."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a report in Bokmål for the leader of a municipality.

    One page without any child's data, also of a district, a unit or the nation:
    what has come in since 2017, what must be corrected and by which party, and
    the four questions beside county and nation. Small numbers are hidden.

    Example: kpr-stream report --municipality 4601 --out bergen.html
    """
    _require_extra()
    from kpr_stream.analytics.report.place import of_district, of_municipality, of_unit
    from kpr_stream.analytics.report.write import write_all, write_page
    from kpr_stream.settings import Settings

    places = {of_municipality: municipality, of_district: district, of_unit: org_nr}
    named = [(of, code) for of, code in places.items() if code is not None]
    if len(named) + nation + (all_to is not None) != 1:
        raise UsageError(
            "Name one of --municipality, --district, --org-nr, --nation and --all.",
            what_to_do="For example: kpr-stream report --municipality 4601 --out bergen.html",
        )
    if (out is None) == (all_to is None):
        raise UsageError(
            "A page needs --out FILE; --all DIR needs none.",
            what_to_do="For example: kpr-stream report --all reports",
        )
    reports = _reports(Settings())
    if all_to is not None:
        written, pages = all_to, write_all(reports, all_to)
    else:
        page = reports.nation_page() if nation else reports.page(*named[0])
        written, pages = out or Path(), 1
        write_page(written, page)
    if as_json:
        print_json({"written": str(written), "pages": pages})
    people(as_json).print(f"Wrote {pages} pages: {written}", highlight=False)


def _require_extra() -> None:
    missing = [module for module in OF_THE_EXTRA if find_spec(module) is None]
    if missing:
        raise ConfigurationError(
            f"The report needs packages that are not installed: {', '.join(missing)}.",
            what_to_do="Install kpr-stream[analytics].",
        )


def _reports(settings: Settings) -> Reports:
    from datetime import UTC, datetime

    from kpr_stream.analytics.disclosure.rule import DisclosureRule
    from kpr_stream.analytics.report.database import DatabaseData
    from kpr_stream.analytics.report.write import make_reports
    from kpr_stream.model.report_deadline import norwegian_date
    from kpr_stream.reference import load_reference

    return make_reports(
        DatabaseData(settings, norwegian_date(datetime.now(UTC))),
        DisclosureRule(settings.disclosure_threshold, settings.disclosure_small_group),
        settings.releases_dir or settings.home / "releases",
        load_reference(settings.reference_dir),
        own_small_cells=settings.report_own_small_cells,
    )
