"""What must be corrected, and by which party: rejected items, in the words of the rules' pages."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from kpr_stream.analytics.report.frames import REJECTED
from kpr_stream.analytics.report.place import ReportFrames
from kpr_stream.analytics.report.texts import day_text
from kpr_stream.reference import Reference
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.rules.document import PARTIES_NO


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One thing to correct: how often it is open at which units, what to do, and who does it."""

    rule: str
    text: str
    action: str
    who: str
    items: int
    since: str
    units: str


def corrections(frames: ReportFrames, reference: Reference) -> list[Correction]:
    """Return what is open, by rule, the most frequent first. The frames have rejected items."""
    rules = {rule.id: rule for rule in catalogue(reference)}
    by_rule = (
        frames.rejected.match_to_schema(REJECTED)
        .group_by("rule")
        .agg(
            pl.col("items").sum(),
            pl.col("since").min(),
            units=pl.concat_str("org_nr", pl.lit(" ("), "items", pl.lit(")")).sort(),
        )
        .sort("items", "rule", descending=[True, False])
    )
    found = []
    for row in by_rule.iter_rows(named=True):
        rule = rules.get(row["rule"])
        found.append(
            Correction(
                rule=row["rule"],
                text=rule.text_no.replace("`", "") if rule else "",
                action=rule.action.no.replace("`", "") if rule else "",
                who=" og ".join(PARTIES_NO[one] for one in rule.action.who) if rule else "",
                items=row["items"],
                since=day_text(row["since"]),
                units=", ".join(row["units"]),
            )
        )
    return found
