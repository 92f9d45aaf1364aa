"""Make what analysts see of cleaned consultations. Pure.

The fields are those of ``analytics.consultation`` that one record alone decides. All that depends
on age counts from the Monday of the ISO week of birth (docs/adr/0180), z-scores and steps too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import polars as pl
from polars import col

from kpr_stream.analytics.derive import derived_rows
from kpr_stream.kafka.foreign import require_ledger_header
from kpr_stream.model.norwegian_time import norwegian_day
from kpr_stream.model.topics import CONSULTATION
from kpr_stream.model.words import RecordStatus, Service
from kpr_stream.reference import Reference
from kpr_stream.reference.age import completed_months
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema
from kpr_stream.sinks.decode import frame_of
from kpr_stream.sinks.latest import SinkRecord
from kpr_stream.sinks.tables import SinkKind, SinkTable, sink

RECORD: Final = "analyst_consultation"
WEEK: Final = 7
"""Days."""


@dataclass(frozen=True, slots=True)
class Projected:
    """What analysts see of one cleaned record. ``value`` is None if they see nothing.

    ``from_day`` (days since 1970) is the first day on which it may be seen; None: at once.
    """

    key: bytes
    value: bytes | None
    from_day: int | None = None


def projected(records: Sequence[SinkRecord], reference: Reference) -> list[Projected]:
    """Return the projection of each record, in their order.

    WireFormatError names a record that the processor has not written.
    """
    for r in records:
        require_ledger_header((CONSULTATION, r.partition, r.offset), r.headers)
    made = _made([r for r in records if r.value is not None], reference)
    return [Projected(r.key or b"", None) if r.value is None else next(made) for r in records]


def _made(records: Sequence[SinkRecord], reference: Reference) -> Iterator[Projected]:
    if not records:
        return
    shown = shown_rows(frame_of(_table(), records), reference)
    for record, row in zip(records, shown.iter_rows(named=True), strict=True):
        key = record.key or b""
        if not row.pop("_visible"):
            yield Projected(key, None)
            continue
        week = row["birth_week"]
        # A record that arrives in the week of birth would say that the child is born by then.
        early = week is not None and norwegian_day(record.timestamp) < week + WEEK
        value = wire.encode(RECORD, row)
        yield Projected(key, value, week + WEEK if early else None)


def shown_rows(frame: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Return the fields of ``analyst_consultation`` for each row, and whether it is ``_visible``.

    ``frame`` has the fields of ``consultation``. Dates are days since 1970.
    """
    placed = frame.with_columns(col("date").cast(pl.Int32).alias("_visited"), *_birth())
    in_week = col("_visited").is_between(col("birth_week"), col("birth_week") + WEEK - 1)
    day = pl.when(in_week).then(col("birth_week") + WEEK - 1).otherwise(col("_visited"))
    dated = placed.with_columns(
        day.cast(pl.Int32).alias("day"),
        # Others of the same session show its date.
        pl.when(~in_week.fill_null(value=False)).then(col("group_key")).alias("session_key"),
        col("set_aside")
        .list.contains("programme_step")
        .replace_strict({True: "t", False: "f"}, default="f", return_dtype=pl.String)
        .alias("step_set_aside"),
    )
    derived = derived_rows(dated, reference)
    made = [name for name in derived.columns if name != "consultation_key"]
    aged = dated.with_columns(derived.select(made)).with_columns(*_ages())
    return aged.select(
        *(_shown(name, reference) for name in schema(RECORD).field_names),
        (
            (col("status") == RecordStatus.LIVE)
            & col("service").ne_missing(pl.lit(Service.HFU.value))
        ).alias("_visible"),
    )


def _birth() -> tuple[pl.Expr, ...]:
    born = (col("date").cast(pl.Int32) - col("age_days")).cast(pl.Date)
    return (born.dt.truncate("1w").cast(pl.Int32).alias("birth_week"),)


def _ages() -> tuple[pl.Expr, ...]:
    days = col("day") - col("birth_week")
    months = completed_months(days, col("day"))
    return (
        months.alias("age_months"),
        pl.when(months < 12).then(days // WEEK).alias("age_weeks"),
    )


def _shown(name: str, reference: Reference) -> pl.Expr:
    own: Mapping[str, pl.Expr] = {
        "date": col("day"),
        "reference_version": pl.lit(reference.version),
    }
    return own.get(name, col(name)).alias(name)


@cache
def _table() -> SinkTable:
    return next(t for t in sink(SinkKind.CONTENT).tables if t.topic == CONSULTATION)


def decoded(value: bytes) -> dict[str, Any]:
    """Return a record of the analysts' topic, decoded."""
    return wire.decode(RECORD, value)
