"""Make the tables of export files and their lines: outcomes, faults, files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from polars import col

from kpr_stream.model.words import OUTCOMES
from kpr_stream.simulate.nation.draw import Ints
from kpr_stream.simulate.nation.export.write import Series, WrittenFiles
from kpr_stream.simulate.nation.records.faults import Fault
from kpr_stream.simulate.nation.records.history import DELETE, KEEP, UPSERT, Story
from kpr_stream.simulate.nation.records.lines import (
    table,
)
from kpr_stream.simulate.nation.truth.receive import Received
from kpr_stream.simulate.nation.truth.tables import MINUTE_MS, effect_of, keys, word, words
from kpr_stream.simulate.nation.visits.visits import Origin

OPERATIONS = {UPSERT: "upsert", DELETE: "delete", KEEP: "keep"}


def outcomes(series: Series, received: Received, written: WrittenFiles) -> pl.DataFrame:
    """Return every line of every file with its outcome."""
    history = series.history
    lines = table(series.place, series.people, history.rows, history.events.row, series.system)
    return lines.select(
        *keys(series),
        pl.Series("file_number", written.file_number),
        pl.Series("index", written.index),
        word("operation", history.events.operation, [OPERATIONS[n] for n in range(3)]),
        word("outcome", received.outcome, [o.value for o in OUTCOMES]),
    )


def faults(series: Series, received: Received, written: WrittenFiles) -> pl.DataFrame:
    """Return the lines of rows that have a fault, an unusual origin, or a story."""
    history = series.history
    key, row = history.events.key, history.events.row
    fault = history.rows["fault"][row]
    origin, story = history.rows["origin"][row], history.story[key]
    nothing = np.zeros_like(fault)
    kinds = (
        (fault != Fault.NONE, words("fault", fault, Fault), fault),
        (origin != Origin.HELD, words("fault", origin, Origin), nothing),
        (story != Story.PLAIN, words("fault", story, Story), nothing),
    )
    every = outcomes(series, received, written)
    found = [
        every.with_columns(named, _of_fault("rule", in_row), _of_fault("set_aside", in_row)).filter(
            pl.Series(which)
        )
        for which, named, in_row in kinds
    ]
    return pl.concat(found)


def files(series: Sequence[Series], written: Sequence[WrittenFiles]) -> pl.DataFrame:
    """Return every file of a place in the order of sending."""
    one_by_one = pl.concat(
        pl.DataFrame(
            {
                "place": one.place.name,
                "system": one.system.value,
                "path": [file.path for file in wrote.files],
                "file_number": [file.number for file in wrote.files],
                "sent_at": [file.sent * MINUTE_MS for file in wrote.files],
            },
            schema_overrides={"file_number": pl.Int64, "sent_at": pl.Int64},
        )
        for one, wrote in zip(series, written, strict=True)
    ).sort("sent_at", "file_number", maintain_order=True)
    other = col("system") != col("system").shift()
    return one_by_one.with_columns(round=other.cum_sum().fill_null(0))


def _of_fault(what: str, fault: Ints) -> pl.Series:
    table_of = pl.Series([effect_of(n, what) for n in range(len(Fault))], dtype=pl.String)
    return table_of.gather(pl.Series(fault)).alias(what)
