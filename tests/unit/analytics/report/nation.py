"""A made-up nation of two counties for tests: large, middle and small municipalities."""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl

from kpr_stream.analytics.disclosure.releases import Release
from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.report.frames import NationFrames
from kpr_stream.analytics.report.release import PublishedNation, protected, publish
from tests.support.made_up_nation import MadeUpNation

BIRTHS = {"3101": 320, "3103": 2100, "3105": 560, "1804": 540, "1856": 4, "1857": 7}
LARGE, MIDDLE, SMALL = "3103", "1804", "1856"
NAMES = pl.DataFrame(
    {
        "code": [*BIRTHS],
        "name": ["Halden", "Moss", "Sarpsborg", "Bodø", "Røst", "Værøy"],
        "county_code": [code[:2] for code in BIRTHS],
        "county_name": ["Østfold" if code > "3" else "Nordland" for code in BIRTHS],
    }
)
DAY = date(2026, 3, 2)


@cache
def nation() -> NationFrames:
    """Return the frames."""
    return MadeUpNation(NAMES, BIRTHS, DAY).read()


@cache
def releases() -> dict[str, Release]:
    """Return the releases of all tables, without earlier ones."""
    return protected(nation(), DisclosureRule(), {})


@cache
def shown() -> PublishedNation:
    """Return what may be shown."""
    return publish(releases())
