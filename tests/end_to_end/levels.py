"""Measure how near the nation is to the published levels, from its truth, as an analyst would.

The definitions are KOSTRA's as far as they are public: a child counts once, only attended visits
count, the denominator is the children who live in the place on the day. Children whose time for a
visit lies partly outside the data are left out of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl
from polars import col

from kpr_stream.simulate.nation.codes import steps

PUBLISHED = {
    "home visit": {2017: 88.6, 2018: 88.4, 2019: 90.0, 2020: 69.9},
    "8 weeks": {2017: 99.0, 2018: 98.8, 2019: 98.9, 2020: 98.2},
    "2 years": {2017: 97.8, 2018: 96.3, 2019: 95.6, 2020: 89.0},
    "4 years": {2017: 97.3, 2018: 94.7, 2019: 95.8, 2020: 90.4},
    "grade 1": {2017: 89.7, 2018: 80.8, 2019: 90.6, 2020: 90.2},
    "breastfed at 6 weeks": {0: 92.0},
    "breastfed at 6 months": {0: 78.0},
    "fully breastfed at 6 weeks": {0: 73.9},
    "fully breastfed at 6 months": {0: 11.1},
}
"""Per cent by year (0: all years): SSB's KOSTRA, and Bergen 2010-2018 (Revheim et al. 2022)."""
_EPOCH = date(1970, 1, 1)
_FIRST = (date(2017, 1, 1) - _EPOCH).days
_MARGIN = 60
"""The most days by which a visit comes before the day of its step."""
_STEP = {step.volven: code for code, step in steps().items()} | {code: code for code in steps()}
_YEARS = pl.int_range(2017, 2021, eager=True).cast(pl.Int32)


def counted(records: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Count, by indicator and year of one place, the children (``of``) and those who ``came``."""
    people = persons.filter(col("mother_of").is_null()).with_columns(_day("born").alias("birth"))
    visits = _visits(records, people)
    found = [*_of_the_programme(visits, people), *_breastfeeding(visits)]
    return pl.concat(one.select("indicator", "year", "came", "of") for one in found)


def summed(counts: Iterator[pl.DataFrame]) -> dict[str, dict[int, float]]:
    """Return the per cent by indicator and year, of all places together."""
    total = pl.concat(counts).group_by("indicator", "year").agg(col("came", "of").sum())
    found: dict[str, dict[int, float]] = {}
    for indicator, year, came, of in total.sort("indicator", "year").iter_rows():
        found.setdefault(indicator, {})[year] = round(100 * came / of, 2)
    return found


def farthest(found: dict[str, dict[int, float]]) -> tuple[float, str]:
    """Return the largest distance from a published level, in percentage points, and its place."""
    return max(
        (abs(found[indicator][year] - level), f"{indicator} {year or ''}".strip())
        for indicator, levels in PUBLISHED.items()
        for year, level in levels.items()
    )


def _day(name: str) -> pl.Expr:
    return (pl.lit(_EPOCH) + pl.duration(days=col(name))).cast(pl.Date)


def _visits(records: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Return the attended visits with their persons, found by any number or the EPJ's own id.

    A newborn child may have only the EPJ's id. The receiver must link the two; here the link is
    known.
    """
    own = col("person").cast(pl.String).str.zfill(6)
    known_by = (
        *(("fnr", col("fnr").str.zfill(11)), ("dnr", col("dnr").str.zfill(11))),
        *(("duf", col("duf").str.zfill(12)), ("local", "P" + own), ("local", "N" + own)),
    )
    numbers = pl.concat(
        people.select("person", "born", kind=pl.lit(kind), number=number).drop_nulls()
        for kind, number in known_by
    )
    return (
        records.filter(
            col("current") & (col("status") == "live") & (col("attendance") == "MOTT"),
            col("message_type") == "consultation",
        )
        .with_columns(step=col("programme_step_reported").replace_strict(_STEP, default=None))
        .join(numbers, left_on=["person_kind", "person_number"], right_on=["kind", "number"])
        .with_columns(age=col("date") - col("born"))
    )


def _of_the_programme(visits: pl.DataFrame, people: pl.DataFrame) -> Iterator[pl.DataFrame]:
    first = visits.filter(col("service") == "HELSESTASJON_0_5").sort("date", "minute")
    home = first.unique("person", keep="first", maintain_order=True).filter(
        col("consultation_type") == "HJEMMEBESOK",
        col("practitioner_roles").str.contains("HELSESYKEPLEIER"),
        col("date") - col("maternity_discharge_date") <= 14,
    )
    yield _share("home visit", home, people, age=0)
    early = visits.filter((col("step") == "UKE_6") & (col("age") <= 55))
    yield _share("8 weeks", early, people, age=56)
    for years, step in ((2, "AR_2"), (4, "AR_4")):
        before = 365 * (years + 1) + 1
        done = visits.filter((col("step") == step) & (col("age") < before))
        yield _share(f"{years} years", done, people, age=365 * years + years // 4)
    school = visits.filter(col("step") == "SKOLESTART")
    pupils = people.with_columns(starts=pl.date(col("birth").dt.year() + 6, 10, 1))
    yield _share("grade 1", school, pupils, age=None)


def _share(
    indicator: str, came: pl.DataFrame, people: pl.DataFrame, age: int | None
) -> pl.DataFrame:
    """Count who came, of the children who live there on the day and already could have come.

    The day is an age in days, or in the autumn of grade 1.
    """
    day = (col("starts") - pl.lit(_EPOCH)).dt.total_days() if age is None else col("born") + age
    earliest = pl.max_horizontal(day - _MARGIN, "born") if age is None or age > 56 else col("born")
    living = people.with_columns(day=day).filter(
        (col("arrived") <= earliest) & (col("left") > day + _MARGIN), earliest >= _FIRST
    )
    return (
        living.with_columns(year=_day("day").dt.year(), came=col("person").is_in(came["person"]))
        .filter(col("year").is_in(_YEARS.implode()))
        .group_by("year")
        .agg(col("came").sum().cast(pl.Int64), of=pl.len().cast(pl.Int64))
        .with_columns(indicator=pl.lit(indicator))
    )


def _breastfeeding(visits: pl.DataFrame) -> Iterator[pl.DataFrame]:
    known = visits.filter(col("breastfeeding").is_in(["FULLAMMET", "DELVIS_AMMET", "IKKE_AMMET"]))
    for when, step in (("6 weeks", "UKE_6"), ("6 months", "MND_6")):
        asked = known.filter(col("step") == step).unique("person")
        for word, counts in (
            ("breastfed", ["FULLAMMET", "DELVIS_AMMET"]),
            ("fully breastfed", ["FULLAMMET"]),
        ):
            yield asked.select(
                indicator=pl.lit(f"{word} at {when}"),
                year=pl.lit(0, dtype=pl.Int32),
                came=col("breastfeeding").is_in(counts).sum().cast(pl.Int64),
                of=pl.len().cast(pl.Int64),
            )
