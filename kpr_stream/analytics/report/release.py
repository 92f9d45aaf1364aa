"""Counts of all municipalities under disclosure control, once for all pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from kpr_stream.analytics.disclosure.hierarchy import PART, Dimension
from kpr_stream.analytics.disclosure.protect import protect
from kpr_stream.analytics.disclosure.published import published, shares
from kpr_stream.analytics.disclosure.releases import Release
from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.disclosure.table import COUNT, CountTable
from kpr_stream.analytics.report.frames import PARTS_OF, NationFrames, ShareTopic

NATION = "Hele landet"
YEAR = "year"
ALL_SERVICES = "all"
REGION = "region"

CONTACT_CELLS = pl.Schema(
    {
        REGION: pl.String,
        "month": pl.String,
        "service": pl.String,
        "value": pl.Int64,
        "flag": pl.String,
    }
)
YOUTH_CELLS = pl.Schema(
    {REGION: pl.String, "quarter": pl.String, "value": pl.Int64, "flag": pl.String}
)
SHARE_SCHEMA = pl.Schema(
    {
        "topic": pl.String,
        "item": pl.String,
        REGION: pl.String,
        "part": pl.String,
        "numerator": pl.Int64,
        "denominator": pl.Int64,
        "share": pl.Float64,
        "flag": pl.String,
    }
)


@dataclass(frozen=True, kw_only=True)
class PublishedNation:
    """What every page is made from. ``region`` is a municipality, a county or the nation."""

    contacts: pl.DataFrame
    """Columns region, month, service, value, flag."""
    youth: pl.DataFrame
    """Columns region, quarter, value, flag."""
    shares: pl.DataFrame


def county(code: str) -> str:
    """Return the node of a county: its code alone could be that of another kind of region."""
    return f"county {code}"


def regions(municipalities: pl.DataFrame) -> Dimension:
    """Return the tree of municipalities, counties and the nation."""
    parents: dict[str, str] = {}
    for code, county_code in municipalities.select("code", "county_code").iter_rows():
        parents |= {code: county(county_code), county(county_code): NATION}
    return Dimension(REGION, parents)


def tables(nation: NationFrames) -> dict[str, CountTable]:
    """Return the tables of a release by name: contacts, youth, and one for every share.

    A table that nothing was reported for is left out.
    """
    tree = regions(nation.municipalities)
    found = {}
    if nation.contacts.height:
        months = _flat("month", nation.contacts, YEAR)
        services = _flat("service", nation.contacts, ALL_SERVICES)
        found["contacts"] = _table(nation.contacts, tree, months, services)
    if nation.youth.height:
        found["youth"] = _table(nation.youth, tree, _flat("quarter", nation.youth, YEAR))
    for (topic, item), rows in nation.shares.group_by("topic", "item", maintain_order=True):
        parts = Dimension(PART, dict.fromkeys(PARTS_OF[ShareTopic(str(topic))], "denominator"))
        found[f"{topic} {item}"] = _table(rows, tree, parts)
    return found


def protected(
    nation: NationFrames, rule: DisclosureRule, earlier: Mapping[str, Sequence[Release]]
) -> dict[str, Release]:
    """Return the release of each table; ``earlier`` has those before it by name, oldest first."""
    found = {
        name: protect(table, rule, earlier.get(name, ())) for name, table in tables(nation).items()
    }
    return found | _aligned(found)


def _aligned(releases: Mapping[str, Release]) -> dict[str, Release]:
    """Return the shares, with a group that is hidden in one hidden in all of its topic.

    Two steps of the programme are about nearly the same children. Where one hid a small group
    behind one neighbour and the other behind another, both together would show how large it is
    about. Hiding more takes no proof away.
    """
    found: dict[str, Release] = {}
    for topic in ShareTopic:
        of_topic = {n: one for n, one in releases.items() if n.startswith(f"{topic.value} ")}
        if of_topic:
            groups = np.any([one.hidden[:, :1] for one in of_topic.values()], axis=0)
            found |= {
                name: Release(one.table, one.hidden | groups, one.sensitive)
                for name, one in of_topic.items()
            }
    return found


def publish(releases: Mapping[str, Release], *, unhidden: bool = False) -> PublishedNation:
    """Return what may be shown of the releases; with ``unhidden`` all, for own eyes alone."""
    frames = {name: _shown(release, unhidden=unhidden) for name, release in releases.items()}
    rows = [pl.DataFrame(schema=SHARE_SCHEMA)]
    for name, cells in frames.items():
        topic, _, item = name.partition(" ")
        if not item:
            continue
        for part in PARTS_OF[ShareTopic(topic)]:
            columns = {"topic": topic, "item": item, "part": part}
            found = shares(cells, part).with_columns(
                **{column: pl.lit(value) for column, value in columns.items()}
            )
            rows.append(found.select(SHARE_SCHEMA.names()))
    return PublishedNation(
        contacts=frames.get("contacts", pl.DataFrame(schema=CONTACT_CELLS)),
        youth=frames.get("youth", pl.DataFrame(schema=YOUTH_CELLS)),
        shares=pl.concat(rows),
    )


def _shown(release: Release, *, unhidden: bool) -> pl.DataFrame:
    if unhidden:
        release = Release(release.table, release.hidden & False, release.sensitive)
    return published(release)


def _flat(name: str, rows: pl.DataFrame, total: str) -> Dimension:
    return Dimension(name, dict.fromkeys(sorted(rows.get_column(name).unique()), total))


def _table(rows: pl.DataFrame, tree: Dimension, *others: Dimension) -> CountTable:
    """Make a table; municipalities that no tree has are those of no known place: left out."""
    dimensions = (tree, *others)
    named = rows.rename({"municipality_code": REGION}).filter(pl.col(REGION).is_in(tree.leaves))
    names = [one.name for one in dimensions]
    return CountTable(dimensions, named.group_by(names).agg(pl.col(COUNT).sum()).sort(names))
