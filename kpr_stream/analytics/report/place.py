"""The part of the frames that one page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from kpr_stream.analytics.report.frames import NationFrames
from kpr_stream.analytics.report.release import NATION, REGION, PublishedNation, county
from kpr_stream.errors import UsageError

OWN, COUNTY, COUNTRY = "own", "county", "country"
"""What the column ``beside`` of a page's frames says: whose figure a row is."""


@dataclass(frozen=True, kw_only=True)
class ReportFrames:
    """Everything on one page. ``title`` is whose report it is; figures are ``figures_of``'s."""

    made_on: date
    title: str
    figures_of: str
    county_name: str
    own_small_cells: bool
    """Whether the page shows its own place's hidden numbers: then it is not for others' eyes."""
    units: pl.DataFrame
    rejected: pl.DataFrame
    contacts: pl.DataFrame
    youth: pl.DataFrame
    shares: pl.DataFrame
    quality: pl.DataFrame

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The places whose figures are side by side: their key and their name."""
        names = [(OWN, self.figures_of), (COUNTY, self.county_name), (COUNTRY, NATION)]
        return list({name: (key, name) for key, name in reversed(names)}.values())[::-1]


def of_municipality(
    nation: NationFrames,
    shown: PublishedNation,
    code: str,
    *,
    unhidden: PublishedNation | None = None,
) -> ReportFrames:
    """Return the frames of a municipality's page; UsageError if there is no such municipality.

    ``unhidden`` are all numbers: given only if the municipality may see its own small ones.
    """
    place = _municipality(nation, code)
    units = nation.units.filter(pl.col("municipality_code") == code)
    return _frames(nation, shown, units, title=place["name"], place=place, unhidden=unhidden)


def of_district(
    nation: NationFrames,
    shown: PublishedNation,
    code: str,
    *,
    unhidden: PublishedNation | None = None,
) -> ReportFrames:
    """Return the frames of a district's page: its units, beside the municipality's figures."""
    units = nation.units.filter(pl.col("district_code") == code)
    if units.is_empty():
        raise UsageError(
            f"No unit has reported for the district {code}.",
            what_to_do="Give a code of six digits, for example 030101.",
        )
    place = _municipality(nation, code[:4])
    title = f"Bydel {code} i {place['name']}"
    return _frames(nation, shown, units, title=title, place=place, unhidden=unhidden)


def of_unit(
    nation: NationFrames,
    shown: PublishedNation,
    org_nr: str,
    *,
    unhidden: PublishedNation | None = None,
) -> ReportFrames:
    """Return the frames of a unit's page: the unit, beside its municipality's figures."""
    units = nation.units.filter(pl.col("org_nr") == org_nr)
    if units.is_empty():
        raise UsageError(
            f"No unit {org_nr} has reported.", what_to_do="See `kpr-stream unit list`."
        )
    place = _municipality(nation, units.item(0, "municipality_code"))
    title = f"Virksomhet {org_nr} i {place['name']}"
    return _frames(nation, shown, units, title=title, place=place, unhidden=unhidden)


def of_nation(nation: NationFrames, shown: PublishedNation) -> ReportFrames:
    """Return the frames of the nation's page: all units, and the nation's figures alone."""
    place = {"code": NATION, "name": NATION, "county_code": "", "county_name": NATION}
    return _frames(nation, shown, nation.units, title=NATION, place=place, unhidden=None)


def _municipality(nation: NationFrames, code: str) -> dict[str, str]:
    found = nation.municipalities.filter(pl.col("code") == code)
    if found.is_empty():
        raise UsageError(
            f"{code} is not a municipality of today.",
            what_to_do="Give a code of four digits that is valid today, for example 4601.",
        )
    return found.row(0, named=True)


def _frames(
    nation: NationFrames,
    shown: PublishedNation,
    units: pl.DataFrame,
    *,
    title: str,
    place: dict[str, str],
    unhidden: PublishedNation | None,
) -> ReportFrames:
    nodes = {place["code"]: OWN, county(place["county_code"]): COUNTY, NATION: COUNTRY}
    if place["code"] == NATION:
        nodes = {NATION: OWN}

    def beside(name: str) -> pl.DataFrame:
        rows: pl.DataFrame = getattr(shown, name)
        rows = rows.filter(pl.col(REGION).is_in(list(nodes)))
        if unhidden is not None:
            own = getattr(unhidden, name).filter(pl.col(REGION) == place["code"])
            rows = pl.concat([own, rows.filter(pl.col(REGION) != place["code"])])
        return rows.with_columns(beside=pl.col(REGION).replace_strict(nodes)).drop(REGION)

    return ReportFrames(
        made_on=nation.made_on,
        title=title,
        figures_of=place["name"],
        county_name=place["county_name"],
        own_small_cells=unhidden is not None,
        units=units.sort("org_nr", "system"),
        rejected=nation.rejected.join(units.select("org_nr").unique(), on="org_nr", how="semi"),
        contacts=beside("contacts"),
        youth=beside("youth"),
        shares=beside("shares"),
        quality=_quality(nation.quality, place["code"]),
    )


def _quality(counts: pl.DataFrame, code: str) -> pl.DataFrame:
    """Return the counts of a place, and those of the nation beside them."""
    own = counts if code == NATION else counts.filter(pl.col("municipality_code") == code)
    return pl.concat(
        [
            own.with_columns(beside=pl.lit(OWN)),
            counts.with_columns(beside=pl.lit(COUNTRY)),
        ]
    ).drop("municipality_code")
