"""Reports on disk, and earlier releases that a new one is protected against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.report.folder import KEPT, earlier_releases, keep_releases
from kpr_stream.analytics.report.frames import NationFrames
from kpr_stream.analytics.report.write import make_reports, write_all, write_page
from kpr_stream.errors import ConfigurationError, DiskError
from kpr_stream.reference import load_reference
from tests.unit.analytics.report.nation import BIRTHS, DAY, nation, releases


@dataclass(frozen=True)
class _Data:
    frames: NationFrames

    def read(self) -> NationFrames:
        return self.frames


def test_a_release_is_read_as_it_was_kept(tmp_path: Path) -> None:
    keep_releases(tmp_path / "r", DAY, releases())
    assert earlier_releases(tmp_path / "r", DAY) == {}, "a day is not before itself"
    found = earlier_releases(tmp_path / "r", DAY + timedelta(days=1))
    assert found.keys() == releases().keys()
    for name, (one,) in found.items():
        kept = releases()[name]
        assert (one.table.cells == kept.table.cells).all()
        assert (one.hidden == kept.hidden).all()
        assert (one.sensitive == kept.sensitive).all()
    assert (tmp_path / "r").stat().st_mode & 0o077 == 0


def test_the_newest_releases_count_oldest_first(tmp_path: Path) -> None:
    some = {"youth": releases()["youth"]}
    for day in range(KEPT + 2):
        keep_releases(tmp_path, DAY + timedelta(days=day), some)
    assert len(earlier_releases(tmp_path, DAY + timedelta(days=9))["youth"]) == KEPT


def test_a_release_that_cannot_be_read_stops_the_next(tmp_path: Path) -> None:
    keep_releases(tmp_path, DAY, {"youth": releases()["youth"]})
    (tmp_path / DAY.isoformat() / "youth.parquet").write_bytes(b"no")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        earlier_releases(tmp_path, DAY + timedelta(days=1))


def test_the_second_report_hides_what_the_first_hid(tmp_path: Path) -> None:
    reference = load_reference()
    frames = replace(nation(), shares=nation().shares.filter(pl.col("item") == "UKE_6"))
    first = make_reports(
        _Data(frames), DisclosureRule(), tmp_path / "r", reference, own_small_cells=False
    )
    later = replace(frames, made_on=DAY + timedelta(days=7))
    second = make_reports(
        _Data(later), DisclosureRule(), tmp_path / "r", reference, own_small_cells=True
    )
    assert second.shown.contacts.equals(first.shown.contacts)
    assert second.unhidden is not None
    pages = write_all(second, tmp_path / "pages")
    assert pages == len(BIRTHS) + 1
    written = sorted(one.name for one in (tmp_path / "pages").iterdir())
    assert written == sorted([*(f"{code}.html" for code in BIRTHS), "index.html", "nation.html"])


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(DiskError, match=r"folder\.html"):
        write_page(tmp_path / "folder.html", "")
