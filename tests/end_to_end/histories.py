"""Define the two histories that go through the receiver, and what must occur in them."""

from __future__ import annotations

from pathlib import Path

from polars import col

from kpr_stream.model.words import OUTCOMES, SYSTEMS, Outcome
from kpr_stream.simulate.nation.generate import Plan
from kpr_stream.simulate.nation.records.faults import Fault
from kpr_stream.simulate.nation.records.history import Story
from kpr_stream.simulate.nation.visits.visits import Origin
from tests.end_to_end.truth import table

SMALL = Plan(seed=5, municipalities=("5514", "5044", "5630", "1875", "1857"))
"""Some 32,000 items, with everything that occurs in the nation."""
LARGE = Plan(
    seed=1, municipalities=(*SMALL.municipalities, "3452", "1573", "5034", "4022", "5060", "1580")
)
"""Some 300,000 items."""
REFORMS = {"2018": ("1740", "5044"), "2020": ("1849", "1875"), "2024": ("5413", "5514")}
"""Codes before and after the reform of a year in both histories."""
_EVENTS = {member.name.lower() for kind in (Fault, Story, Origin) for member in kind}
_NO_EVENTS = {"none", "plain", "held"}


def missing_events(out: Path) -> set[str]:
    """Return what should occur in a history and does not.

    That is every fault, story, origin, outcome, system and reform, a change of EPJ, a reservation,
    and an older record that becomes live again.
    """
    records = table(out, "records")
    outcomes = table(out, "outcomes")
    missing = _EVENTS - _NO_EVENTS - {*table(out, "faults")["fault"]}
    missing |= {o.value for o in OUTCOMES} - {*outcomes["outcome"]}
    missing |= {s.value for s in SYSTEMS} - {*outcomes["system"]}
    codes = {*records["municipality_code"]}
    missing |= {f"the reform of {year}" for year, both in REFORMS.items() if not codes >= {*both}}
    if table(out, "files")["round"].max() == 0:
        missing.add("a change of EPJ")
    weight = col("reserved").str.contains("weight") & col("weight_g").is_not_null()
    if records.filter(weight).is_empty():
        missing.add("a reservation in force")
    key = ["system", "org_nr", "message_type", "local_id"]
    before = col("status").shift().over(key, order_by="valid_from")
    back = records.filter((col("status") == "live") & (before == Outcome.SUPERSEDED.value))
    return missing if back.height else missing | {"an older record that is live again"}
