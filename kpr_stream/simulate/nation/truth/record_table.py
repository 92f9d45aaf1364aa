"""Make the table of records: every version of every key."""

from __future__ import annotations

import numpy as np
import polars as pl
from polars import col

from kpr_stream.simulate.nation.draw import Bools, Ints
from kpr_stream.simulate.nation.export.write import Series
from kpr_stream.simulate.nation.records.lines import (
    carries_code,
    codes_at,
    national_number,
    table,
)
from kpr_stream.simulate.nation.truth.content import content, content_names
from kpr_stream.simulate.nation.truth.receive import Received
from kpr_stream.simulate.nation.truth.tables import MINUTE_MS, keys, word

_STATUSES = ("", "live", "deleted", "superseded")
_RESERVATION = ("kinds", "from", "revoked")


def records(
    series: Series,
    received: Received,
    reserved: pl.DataFrame,
    older: Series | None = None,
) -> pl.DataFrame:
    """Return every version of every key, in the order of time.

    ``reserved`` are the place's reservations. ``older`` is the place's other series, if this one
    took over its journals.
    """
    history, sender, versions = series.history, series.sender, received.versions
    events = history.events
    row, turn = events.row[versions.event], events.turn[versions.event]
    period_day = sender.slots.first[sender.periods(turn)]
    carries = carries_code(series.place, history.rows, row, period_day)
    unit_code = codes_at(series.place, history.rows["unit"][row], period_day)
    lines = table(series.place, series.people, history.rows, row, series.system)
    return (
        lines.with_columns(
            word("status", versions.status, _STATUSES),
            pl.Series("code", np.where(carries >= 0, carries, unit_code)),
            pl.Series("valid_from", versions.since * MINUTE_MS),
            pl.Series("extracted_at", sender.extracted(turn) * MINUTE_MS),
            pl.Series("current", _is_last(versions.key)),
            _other_ids(history.rows["same_as"][row], older).alias("same_as"),
        )
        .join(reserved.select("person", *_RESERVATION), on="person", how="left")
        .with_columns(reserved=_reserved_on_the_day())
        .select(
            *keys(series),
            *("status", "current", "valid_from", "extracted_at", "same_as", "reserved"),
            *content(series),
        )
        .with_columns(
            pl.when(col("status") == "live").then(col(name)).alias(name) for name in content_names()
        )
    )


def _reserved_on_the_day() -> pl.Expr:
    """Return the kinds that a person has reserved on the day, if a number identifies the person."""
    holds = (col("day") >= col("from")) & (col("revoked").is_null() | (col("day") < col("revoked")))
    hidden = holds & (col("status") == "live") & national_number().is_not_null()
    return pl.when(hidden).then(col("kinds"))


def _other_ids(same_as: Ints, older: Series | None) -> pl.Series:
    """Return the local ids of the older system's records of the same visits."""
    if older is None:
        return pl.Series([None] * len(same_as), dtype=pl.String)
    at = np.maximum(same_as, 0)
    ids = table(older.place, older.people, older.history.rows, at, older.system)["local_id"]
    return pl.select(pl.when(pl.Series(same_as) >= 0).then(ids)).to_series()


def _is_last(key: Ints) -> Bools:
    """Return which versions, in the order of sending, are the last of their key."""
    order = np.argsort(key, kind="stable")
    last = np.ones(len(key), dtype=np.bool_)
    last[order[:-1]] = key[order][1:] != key[order][:-1]
    return last
