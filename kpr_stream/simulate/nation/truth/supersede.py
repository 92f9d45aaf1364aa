"""Let the records of a unit's newer system supersede those of the older one.

Written from the text alone (docs/flow/6-decide.md, "A unit changes its EPJ"). A consultation of
both systems is identified by person (by a national id), unit and minute. While the newer system
has a record of it, the older one's record is superseded; when the newer record is deleted or
moved, the older one is live again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from polars import col

from kpr_stream.model.words import Outcome
from kpr_stream.simulate.nation.draw import Ints
from kpr_stream.simulate.nation.truth.receive import (
    LIVE,
    OUTCOME,
    SUPERSEDED,
    Received,
    RecordVersions,
)

NOTHING = -1
"""The natural key of an event without one."""
_END = np.iinfo(np.int64).max


def supersede_older(
    older: Received, naturals: Ints, sent: Ints, newer: Received, newer_naturals: Ints
) -> Received:
    """Return the older system's answers and versions, given the newer one's.

    ``naturals`` are the natural keys of each system's events, ``sent`` the times of the older
    one's events.
    """
    covered = _covered(newer, newer_naturals)
    return replace(
        older,
        outcome=_outcomes(older, naturals, sent, covered),
        versions=_versions(older.versions, naturals, covered),
    )


def _covered(newer: Received, naturals: Ints) -> pl.DataFrame:
    """Return from when on the newer system has a record of a natural key (``covered``) or none."""
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


def _versions(versions: RecordVersions, naturals: Ints, covered: pl.DataFrame) -> RecordVersions:
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
    return RecordVersions(
        key=np.concatenate([versions.key, turns["key"].to_numpy()])[order],
        event=np.concatenate([versions.event, turns["event"].to_numpy()])[order],
        since=since[order],
        status=np.concatenate([np.where(back, SUPERSEDED, versions.status), turned])[order],
    )


def _is_covered(natural: Ints, at: Ints, covered: pl.DataFrame) -> Ints:
    """Return whether the newer system has a record of each natural key at a time."""
    asked = _frame(natural=natural, since=at, n=np.arange(len(at)))
    # Both sides must be sorted by time alone. With `by` Polars cannot check that and would warn.
    answered = asked.sort("since").join_asof(
        covered.sort("since"),
        on="since",
        by="natural",
        strategy="backward",
        check_sortedness=False,
    )
    return answered.sort("n")["covered"].fill_null(value=False).to_numpy()


def _frame(**columns: Ints) -> pl.DataFrame:
    """Return a frame of Int64 columns, which may be empty."""
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int64))
