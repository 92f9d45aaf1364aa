"""What must be corrected, and by which party: rejected items, in words for a leader."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from kpr_stream.analytics.report.advice import OF_RULES, LeaderAdvice
from kpr_stream.analytics.report.frames import REJECTED
from kpr_stream.analytics.report.place import ReportFrames
from kpr_stream.analytics.report.texts import day_text
from kpr_stream.reference import Reference
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.rules.document import PARTIES_NO
from kpr_stream.rules.rule import Rule


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
        advice = OF_RULES.get(row["rule"]) or _of_rule(rules.get(row["rule"]))
        found.append(
            Correction(
                rule=row["rule"],
                text=advice.what,
                action=advice.do,
                who=advice.who,
                items=row["items"],
                since=day_text(row["since"]),
                units=", ".join(row["units"]),
            )
        )
    return found


def _of_rule(rule: Rule | None) -> LeaderAdvice:
    """Return the words of the rules' page, for a rule that rejects in a later release."""
    if rule is None:
        return LeaderAdvice(what="", do="", who="")
    who = " og ".join(PARTIES_NO[one] for one in rule.action.who)
    return LeaderAdvice(rule.text_no.replace("`", ""), rule.action.no.replace("`", ""), who)
