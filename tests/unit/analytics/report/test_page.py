"""The page: what stands on it, what never does, and that it needs nothing from outside."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest

from kpr_stream.analytics.disclosure.published import Flag
from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.report.advice import OF_REFUSALS, OF_RULES
from kpr_stream.analytics.report.coverage import coverage
from kpr_stream.analytics.report.page import index_page, report_page
from kpr_stream.analytics.report.place import (
    ReportFrames,
    of_district,
    of_municipality,
    of_nation,
    of_unit,
)
from kpr_stream.analytics.report.quality import quality
from kpr_stream.analytics.report.release import protected, publish
from kpr_stream.errors import UsageError
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.words import Severity
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import catalogue
from tests.unit.analytics.report.nation import LARGE, MIDDLE, SMALL, nation, releases, shown

REFERENCE = load_reference()
VOID = {"meta", "path", "use", "rect", "br"}


class _Read(HTMLParser):
    """Counts tags, checks that they close in order, and keeps cells by the row's name."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def _page(code: str) -> str:
    return report_page(of_municipality(nation(), shown(), code), REFERENCE)


@pytest.mark.parametrize("code", [LARGE, MIDDLE, SMALL])
def test_a_page_is_whole_and_fetches_nothing(code: str) -> None:
    page = _page(code)
    read = _Read()
    read.feed(page)
    assert read.open == []
    outside = [
        (tag, name, value)
        for tag, attributes in read.tags
        for name, value in attributes.items()
        if name in ("src", "href", "action", "xlink:href") and not (value or "").startswith("#")
    ]
    assert outside == []
    assert "<script" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page


def test_every_plot_has_a_title_and_a_table_beside_it_and_no_colour_of_its_own() -> None:
    page = _page(MIDDLE)
    plots = re.findall(r"<figure>(.*?)</figure>", page, re.DOTALL)
    assert len(plots) == 4
    for plot in plots:
        assert re.search(r'<svg [^>]*role="img"><title>[^<]+</title>', plot)
        assert not re.findall(r"#(?!000|fff)[0-9a-f]{6}", plot)
    for part in page.split("<figure>")[1:]:
        assert '<table class="' in part.split("<figure>")[0]


def test_an_id_is_used_once_and_links_lead_somewhere() -> None:
    page = _page(MIDDLE)
    body = re.sub(r"<figure>.*?</figure>", "", page, flags=re.DOTALL)
    ids = re.findall(r' id="([^"]+)"', body)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', body)) <= set(ids)


def test_the_questions_come_in_the_leaders_order() -> None:
    titles = re.findall(r"<h2 [^>]*>([^<]+)</h2>", _page(MIDDLE))
    assert titles[:2] == ["Er alt kommet inn?", "Hva må rettes, og av hvem?"]
    assert titles[-1] == "Tegn i tabellene"


def test_hidden_numbers_are_not_on_the_page_unless_a_setting_shows_them() -> None:
    frames = of_municipality(nation(), shown(), SMALL)
    hidden = frames.contacts.filter(pl.col("beside") == "own", pl.col("flag") == Flag.HIDDEN)
    assert hidden.height
    assert hidden.get_column("value").is_null().all()
    unhidden = of_municipality(
        nation(), shown(), SMALL, unhidden=publish(releases(), unhidden=True)
    )
    own = unhidden.contacts.filter(pl.col("beside") == "own")
    assert own.filter(pl.col("flag") == Flag.HIDDEN).is_empty()
    others = unhidden.shares.filter(pl.col("beside") != "own")
    assert others.equals(frames.shares.filter(pl.col("beside") != "own"))
    assert "Ikke del den videre" in report_page(unhidden, REFERENCE)
    assert "Ikke del den videre" not in report_page(frames, REFERENCE)


def test_months_that_lack_are_named_and_the_worst_unit_is_first() -> None:
    frames = of_municipality(nation(), shown(), LARGE)
    one = frames.units.head(1).with_columns(
        covered_months=pl.lit(["2017-01", "2017-02", "2026-02"], pl.List(pl.String)),
        blocked_since=pl.lit(None, pl.Date),
    )
    whole = coverage(replace(frames, units=one))[0]
    assert whole.missing == "mars 2017–jan. 2026"
    assert [year.text for year in whole.years][:2] == ["2 av 12", "0 av 12"]
    assert whole.years[-1].text == "1 av 2"
    assert whole.years[-1].months[2] is None
    missing = [unit.months_missing for unit in coverage(frames) if not unit.blocked]
    assert missing == sorted(missing, reverse=True)


def test_a_name_cannot_write_html() -> None:
    frames = replace(of_municipality(nation(), shown(), MIDDLE), title="<b>&", figures_of="<i>")
    page = report_page(frames, REFERENCE)
    assert "<b>&" not in page
    assert "<i>," not in page
    assert "&lt;b&gt;" in page


def test_corrections_name_the_party_and_say_what_to_ask() -> None:
    page = report_page(of_nation(nation(), shown()), REFERENCE)
    assert "START_MISSING" in page
    assert "EPJ-leverandøren" in page
    assert "Be leverandøren sende dato og klokkeslett" in page
    assert "Be leverandøren lese kvitteringen" in page  # of the units that wait
    assert "`" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_every_rule_that_rejects_and_every_reason_to_wait_has_advice_for_a_leader() -> None:
    rejecting = {r.id for r in catalogue(REFERENCE) if r.severity is Severity.REJECT}
    assert set(OF_RULES) == rejecting
    assert set(OF_REFUSALS) == {c.reason for c in refusal_causes().values() if c.blocks}
    for advice in (*OF_RULES.values(), *OF_REFUSALS.values()):
        assert advice.what.endswith(".")
        assert advice.do.endswith(".")
        # Words of programmers that a leader need not know.
        assert not re.search(
            r"`|UTF|ISO|byte|Avro|sha|upsert|NTP", advice.what + advice.do, re.IGNORECASE
        )


def test_quality_is_in_whole_per_cent_and_of_large_groups_alone() -> None:
    frames = of_municipality(nation(), shown(), LARGE)
    rows = {row.name: row for row in quality(frames)}
    assert re.fullmatch(r"8[0-9] %", rows["Varighet er utfylt"].own)
    assert rows["Halvparten er rapportert innen"].own == "3 dager"
    assert rows["Ni av ti er rapportert innen"].country == "6 dager"
    small = quality(of_municipality(nation(), shown(), SMALL))
    assert {row.own for row in small} == {"for få"}
    assert "for få" not in {row.country for row in small}
    nothing = replace(frames, quality=frames.quality.clear())
    assert {row.country for row in quality(nothing)} == {"for få"}


def test_a_unit_and_a_district_see_their_own_deliveries() -> None:
    units = nation().units
    first = units.row(0, named=True)
    frames: ReportFrames = of_unit(nation(), shown(), first["org_nr"])
    assert set(frames.units["org_nr"]) == {first["org_nr"]}
    assert frames.title.startswith(f"Virksomhet {first['org_nr']}")
    with_district = replace(nation(), units=units.with_columns(district_code=pl.lit(f"{LARGE}01")))
    assert of_district(with_district, shown(), f"{LARGE}01").title == f"Bydel {LARGE}01 i Moss"
    with pytest.raises(UsageError):
        of_municipality(nation(), shown(), "9999")
    with pytest.raises(UsageError):
        of_unit(nation(), shown(), "123")
    with pytest.raises(UsageError):
        of_district(nation(), shown(), "123456")


def test_the_nation_has_one_column_of_figures() -> None:
    frames = of_nation(nation(), shown())
    assert [name for _, name in frames.columns] == ["Hele landet"]
    assert set(frames.shares["beside"]) == {"own"}


def test_before_anything_was_reported_a_page_says_so() -> None:
    tables = ("units", "rejected", "contacts", "youth", "shares", "quality")
    empty = replace(nation(), **{name: getattr(nation(), name).clear() for name in tables})
    nothing = publish(protected(empty, DisclosureRule(), {}))
    page = report_page(of_municipality(empty, nothing, MIDDLE), REFERENCE)
    assert "Ingen virksomhet har rapportert ennå." in page
    assert page.count("Ingen tall å tegne ennå.") == 4


def test_the_index_lists_pages_by_name() -> None:
    page = index_page([("b.html", "Øyer", "Innlandet"), ("a.html", "Asker", "Akershus")], "i dag")
    assert page.index("Asker") < page.index("Øyer")
    assert 'href="a.html"' in page
