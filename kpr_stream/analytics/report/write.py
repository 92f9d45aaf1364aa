"""Write reports: one page, or every municipality's with an index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.report.folder import earlier_releases, keep_releases
from kpr_stream.analytics.report.frames import NationFrames, ReportData
from kpr_stream.analytics.report.page import index_page, report_page
from kpr_stream.analytics.report.place import ReportFrames, of_municipality, of_nation
from kpr_stream.analytics.report.release import PublishedNation, protected, publish
from kpr_stream.analytics.report.texts import day_text
from kpr_stream.errors import DiskError
from kpr_stream.process.folders import make_folder
from kpr_stream.reference import Reference

INDEX, NATION_FILE = "index.html", "nation.html"


@dataclass(frozen=True, kw_only=True)
class Reports:
    """All pages of a day, made from one release of all tables."""

    nation: NationFrames
    shown: PublishedNation
    unhidden: PublishedNation | None
    reference: Reference

    def page(self, of: Callable[..., ReportFrames], code: str) -> str:
        """Return the page of a municipality, a district or a unit: ``of`` is place's function."""
        frames = of(self.nation, self.shown, code, unhidden=self.unhidden)
        return report_page(frames, self.reference)

    def nation_page(self) -> str:
        """Return the nation's page."""
        return report_page(of_nation(self.nation, self.shown), self.reference)


def make_reports(
    data: ReportData,
    rule: DisclosureRule,
    releases: Path,
    reference: Reference,
    *,
    own_small_cells: bool,
) -> Reports:
    """Read the frames and release their tables; the release is kept in the folder ``releases``."""
    nation = data.read()
    released = protected(nation, rule, earlier_releases(releases, nation.made_on))
    keep_releases(releases, nation.made_on, released)
    unhidden = publish(released, unhidden=True) if own_small_cells else None
    return Reports(nation=nation, shown=publish(released), unhidden=unhidden, reference=reference)


def write_page(file: Path, page: str) -> None:
    """Write a page. DiskError names the file."""
    make_folder(file.parent)
    try:
        file.write_text(page, "utf-8")
    except OSError as cause:
        raise DiskError(
            f"{file} cannot be written: {cause.strerror or type(cause).__name__}.",
            what_to_do="Free space, or name a file in a folder that you may write.",
        ) from None


def write_all(reports: Reports, folder: Path) -> int:
    """Write the nation's page, every municipality's and an index; return how many pages."""
    listed = [(NATION_FILE, "Hele landet", "")]
    write_page(folder / NATION_FILE, reports.nation_page())
    for row in reports.nation.municipalities.iter_rows(named=True):
        file = f"{row['code']}.html"
        write_page(folder / file, reports.page(of_municipality, row["code"]))
        listed.append((file, row["name"], row["county_name"]))
    write_page(folder / INDEX, index_page(listed, day_text(reports.nation.made_on)))
    return len(listed)
