"""Two systems of one unit: what the newer one has, the older one's records stand back for.

Written from the text alone (docs/flow/6-decide.md, "A unit changes its EPJ"). A consultation of
both is told by person (by a national id), unit and minute. While the newer system has something
there, the older one's is a marker; when that is deleted or moves away, the older one's is back.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from polars import col

from kpr_stream.model.words import Outcome
from kpr_stream.simulate.nation.draw import Ints
from kpr_stream.simulate.nation.truth.receive import LIVE, OUTCOME, SUPERSEDED, Received, Versions

NOTHING = -1
"""Natural key of what has none."""
_END = np.iinfo(np.int64).max


def stands_back(
    older: Received, naturals: Ints, sent: Ints, newer: Received, newer_naturals: Ints
) -> Received:
    """The older system's answers and versions, beside the newer one's.

    ``naturals`` are the natural keys of each one's events, ``sent`` when the older one's were.
    """
    covered = _covered(newer, newer_naturals)
    return replace(
        older,
        outcome=_outcomes(older, naturals, sent, covered),
        versions=_versions(older.versions, naturals, covered),
    )


def _covered(newer: Received, naturals: Ints) -> pl.DataFrame:
    """From when on the newer system has something under a natural key (``covered``) or no more."""
    versions = newer.versions
    natural = np.where(versions.status == LIVE, naturals[versions.event], NOTHING)
    comes = _frame(natural=natural, since=versions.since).with_columns(change=pl.lit(1))
    goes = _frame(natural=natural, since=versions.until()).with_columns(change=pl.lit(-1))
    return (
        pl.concat([comes, goes])
        .filter((col("natural") != NOTHING) & (col("since") < _END))
        .group_by("natural", "since")
        .agg(col("change").sum())
        .sort("natural", "since")
        .with_columns(covered=col("change").cum_sum().over("natural") > 0)
        .filter(col("covered") != col("covered").shift(fill_value=False).over("natural"))
        .select("natural", "since", "covered")
    )


def _outcomes(older: Received, naturals: Ints, sent: Ints, covered: pl.DataFrame) -> Ints:
    able = np.isin(older.outcome, (OUTCOME[Outcome.ACCEPTED], OUTCOME[Outcome.CORRECTED]))
    at = np.flatnonzero(able & (naturals != NOTHING))
    found = older.outcome.copy()
    found[at[_is_covered(naturals[at], sent[at], covered)]] = OUTCOME[Outcome.SUPERSEDED]
    return found


def _versions(versions: Versions, naturals: Ints, covered: pl.DataFrame) -> Versions:
    natural = np.where(versions.status == LIVE, naturals[versions.event], NOTHING)
    back = _is_covered(natural, versions.since, covered)
    turns = (
        _frame(natural=natural, key=versions.key, event=versions.event)
        .with_columns(_frame(since_own=versions.since, until=versions.until()))
        .join(covered, on="natural", maintain_order="left")
        .filter((col("since") > col("since_own")) & (col("since") < col("until")))
    )
    turned = np.where(turns["covered"].to_numpy(), SUPERSEDED, LIVE)
    since = np.concatenate([versions.since, turns["since"].to_numpy()])
    order = np.argsort(since, kind="stable")
    return Versions(
        key=np.concatenate([versions.key, turns["key"].to_numpy()])[order],
        event=np.concatenate([versions.event, turns["event"].to_numpy()])[order],
        since=since[order],
        status=np.concatenate([np.where(back, SUPERSEDED, versions.status), turned])[order],
    )


def _is_covered(natural: Ints, at: Ints, covered: pl.DataFrame) -> Ints:
    """Whether the newer system has something under each natural key at a time."""
    asked = _frame(natural=natural, since=at, n=np.arange(len(at)))
    # By time alone both must stand in order; Polars cannot see that with `by` and would warn.
    answered = asked.sort("since").join_asof(
        covered.sort("since"),
        on="since",
        by="natural",
        strategy="backward",
        check_sortedness=False,
    )
    return answered.sort("n")["covered"].fill_null(value=False).to_numpy()


def _frame(**columns: Ints) -> pl.DataFrame:
    """Whole numbers, also where there are none."""
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int64))
