"""Facts: what rules and enrichment both need to know of an item, as columns named ``_…``.

| column | meaning |
| --- | --- |
| `_local_id` | the item's own id, null if blank |
| `_local_id_holds_national_id` | whether that id contains a valid national id |
| `_date` | local date of the start, days since 1970 |
| `_fnr_number`, `_dnr_number`, `_fh_number_number`, `_duf_number` | the number, trimmed, padded |
| `_fnr_valid`, … | whether it is a number of any kind; null where there is none |
| `_fnr_allowed`, `_dnr_allowed` | whether it may be used here: synthetic in test, real else |
| `_fnr_kind`, … | `fnr`, `dnr`, `fh` or `duf` where it may be used, by its form |
| `_fnr_zero_lost` | whether a leading zero was put back |
| `_national_ids` | how many of them may be used |
| `_municipality_code`, `_municipality_valid` | the item's or the delivery's; valid on the date |
"""

from __future__ import annotations

import polars as pl
from polars import col

from kpr_stream.keys.pseudonym import IdKind
from kpr_stream.model import identifiers
from kpr_stream.reference import Reference
from kpr_stream.reference.geography import padded_municipality

NATIONAL_FIELDS = ("fnr", "dnr", "fh_number", "duf")
_MICROSECONDS_A_MINUTE = 60_000_000
_MINUTES_A_DAY = 1_440
_LARGEST_OFFSET = 18 * 60
"""ISO 8601 allows no more; a larger one is no offset."""
_USUAL_OFFSET = 120
"""Where no offset was sent: summer time, with which local midnight, all that a converted journal
knows, falls on its own day in winter too (as 01:00)."""


def with_facts(
    items: pl.DataFrame, *, id_field: str, synthetic_ids: bool, reference: Reference
) -> pl.DataFrame:
    """The items with the facts added.

    ``items`` has the contract's columns and, of its delivery, ``_received_at`` (ms) and
    ``_sent_municipality``. ``synthetic_ids`` says whether synthetic numbers, and only they, may
    be used here.
    """
    with_numbers = items.with_columns(
        identifiers.trimmed(col(id_field)).alias("_local_id"),
        _local_date().alias("_date"),
        _municipality_code(items).alias("_municipality_code"),
        *_numbers(),
    ).with_columns(
        identifiers.holds_national_id(items.get_column(id_field)).alias(
            "_local_id_holds_national_id"
        )
    )
    with_kinds = _with_kinds(with_numbers, synthetic_ids=synthetic_ids)
    return _with_municipality_valid(with_kinds, reference)


def _local_date() -> pl.Expr:
    offset = col("start_offset_minutes").cast(pl.Int64)
    usable = (
        pl.when(offset.is_between(-_LARGEST_OFFSET, _LARGEST_OFFSET))
        .then(offset)
        .otherwise(_USUAL_OFFSET)
    )
    minutes = col("start") // _MICROSECONDS_A_MINUTE + usable
    return (minutes // _MINUTES_A_DAY).cast(pl.Int32, strict=False)


def _municipality_code(items: pl.DataFrame) -> pl.Expr:
    sent = padded_municipality(col("_sent_municipality"))
    if "municipality_code" not in items.columns:
        return sent
    own = identifiers.trimmed(col("municipality_code"))
    return pl.when(own.is_not_null()).then(padded_municipality(own)).otherwise(sent)


def _numbers() -> list[pl.Expr]:
    exprs: list[pl.Expr] = []
    for field in NATIONAL_FIELDS:
        number = identifiers.trimmed(col(field))
        if field == "fnr":
            exprs.append(identifiers.lost_zero(number).alias("_fnr_zero_lost"))
            number = identifiers.padded(number)
        exprs.append(number.alias(f"_{field}_number"))
    return exprs


def _with_kinds(items: pl.DataFrame, *, synthetic_ids: bool) -> pl.DataFrame:
    first: list[pl.Expr] = []
    for field in NATIONAL_FIELDS:
        number = col(f"_{field}_number")
        if items.get_column(f"_{field}_number").null_count() == items.height:
            first.append(pl.lit(None, pl.String).alias(f"_{field}_kind"))
            first.append(pl.lit(None, pl.Boolean).alias(f"_{field}_allowed"))
        elif field == "duf":
            duf = pl.when(identifiers.is_duf(number)).then(pl.lit(IdKind.DUF.value))
            first.append(duf.alias("_duf_kind"))
        else:
            first.append(identifiers.kind_of(number).alias(f"_{field}_kind"))
            first.append(
                (identifiers.is_synthetic(number) == synthetic_ids).alias(f"_{field}_allowed")
            )
    kinds = items.with_columns(first)
    second: list[pl.Expr] = []
    for field in NATIONAL_FIELDS:
        number, kind = col(f"_{field}_number"), col(f"_{field}_kind")
        second.append(
            pl.when(number.is_not_null()).then(kind.is_not_null()).alias(f"_{field}_valid")
        )
        if field != "duf":
            # An FH-number has no birth date that could be synthetic.
            may = pl.when(kind != IdKind.FH).then(col(f"_{field}_allowed"))
            second.append(may.alias(f"_{field}_allowed"))
            second.append(pl.when(may.fill_null(value=True)).then(kind).alias(f"_{field}_kind"))
    usable = pl.sum_horizontal(col(f"_{field}_kind").is_not_null() for field in NATIONAL_FIELDS)
    return kinds.with_columns(second).with_columns(usable.alias("_national_ids"))


def _with_municipality_valid(items: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    validity = reference.municipalities.select(
        col("code").alias("_municipality_code"),
        col("valid_from").alias("_valid_from"),
        col("valid_to").alias("_valid_to"),
    )
    joined = items.join(validity, on="_municipality_code", how="left", maintain_order="left")
    valid = (col("_date") >= col("_valid_from")) & (col("_date") < col("_valid_to"))
    return joined.with_columns(
        pl.when(col("_date").is_not_null() & col("_municipality_code").is_not_null())
        .then(valid.fill_null(value=False))
        .alias("_municipality_valid")
    ).drop("_valid_from", "_valid_to")
