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
| `_fnr_zero_lost` | whether a leading zero was put back; missing where no item has an fnr |
| `_national_ids` | how many of them may be used |
| `_municipality_code`, `_municipality_valid` | the item's or the delivery's; valid on the date |
"""

from __future__ import annotations

from functools import cache

import polars as pl
from polars import col

from kpr_stream.keys.pseudonym import IdKind
from kpr_stream.model import identifiers
from kpr_stream.reference import Reference
from kpr_stream.reference.geography import municipality_valid, padded_municipality

NATIONAL_FIELDS = ("fnr", "dnr", "fh_number", "duf")
_NOTHING = {
    # What is known of a field that no item has.
    "number": pl.lit(None, pl.String),
    "valid": pl.lit(None, pl.Boolean),
    "allowed": pl.lit(None, pl.Boolean),
    "kind": pl.lit(None, pl.String),
}
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
    used = tuple(f for f in NATIONAL_FIELDS if items.get_column(f).null_count() < items.height)
    stages = _stages(
        used,
        id_field=id_field,
        own_municipality="municipality_code" in items.columns,
        synthetic_ids=synthetic_ids,
        reference=reference,
    )
    known = items
    for stage in stages:
        known = known.with_columns(stage)
    holds = identifiers.holds_national_id(known.get_column("_local_id"))
    return known.hstack([holds.alias("_local_id_holds_national_id")])


@cache
def _stages(
    used: tuple[str, ...],
    *,
    id_field: str,
    own_municipality: bool,
    synthetic_ids: bool,
    reference: Reference,
) -> tuple[tuple[pl.Expr, ...], ...]:
    """Expressions in the order they build on each other; ``used`` are the id fields with values.

    Kept, because a small frame costs more in building expressions than in evaluating them.
    """
    numbered = (
        identifiers.trimmed(col(id_field)).alias("_local_id"),
        _local_date().alias("_date"),
        _municipality_code(own=own_municipality).alias("_municipality_code"),
        *(_number(field).alias(f"_{field}_number") for field in used),
        *(_zero_lost().alias("_fnr_zero_lost") for field in used if field == "fnr"),
    )
    validity = reference.municipality_validity
    looked_up = (
        municipality_valid(col("_municipality_code"), col("_date"), validity).alias(
            "_municipality_valid"
        ),
        *(expr for field in used for expr in _look_ups(field)),
    )
    unused = [field for field in NATIONAL_FIELDS if field not in used]
    judged = (
        *(expr for field in used for expr in _verdicts(field, synthetic_ids=synthetic_ids)),
        *(_NOTHING[fact].alias(f"_{field}_{fact}") for field in unused for fact in _NOTHING),
    )
    usable = pl.sum_horizontal(col(f"_{field}_kind").is_not_null() for field in NATIONAL_FIELDS)
    return numbered, looked_up, judged, (usable.alias("_national_ids"),)


def _local_date() -> pl.Expr:
    offset = col("start_offset_minutes").cast(pl.Int64)
    usable = (
        pl.when(offset.is_between(-_LARGEST_OFFSET, _LARGEST_OFFSET))
        .then(offset)
        .otherwise(_USUAL_OFFSET)
    )
    minutes = col("start") // _MICROSECONDS_A_MINUTE + usable
    return (minutes // _MINUTES_A_DAY).cast(pl.Int32, strict=False)


def _municipality_code(*, own: bool) -> pl.Expr:
    sent = padded_municipality(col("_sent_municipality"))
    if not own:
        return sent
    said = identifiers.trimmed(col("municipality_code"))
    return pl.when(said.is_not_null()).then(padded_municipality(said)).otherwise(sent)


def _number(field: str) -> pl.Expr:
    number = identifiers.trimmed(col(field))
    return identifiers.padded(number) if field == "fnr" else number


def _zero_lost() -> pl.Expr:
    return identifiers.lost_zero(identifiers.trimmed(col("fnr")))


def _look_ups(field: str) -> tuple[pl.Expr, ...]:
    text = col(f"_{field}_number")
    if field == "duf":
        return (identifiers.is_duf(text).alias("_duf_valid"),)
    number = identifiers.eleven_digits(text)
    return (
        identifiers.form_of(number).alias(f"_{field}_form"),
        identifiers.control_sums(number).alias(f"_{field}_sums"),
        identifiers.is_synthetic(number).alias(f"_{field}_synthetic"),
    )


def _verdicts(field: str, *, synthetic_ids: bool) -> tuple[pl.Expr, ...]:
    if field == "duf":
        kind = pl.when(col("_duf_valid")).then(pl.lit(IdKind.DUF.value))
        return kind.alias("_duf_kind"), _NOTHING["allowed"].alias("_duf_allowed")
    form = col(f"_{field}_form")
    fits = (identifiers.control_digits_hold(col(f"_{field}_sums")) & form.is_not_null()).fill_null(
        value=False
    )
    # An FH-number has no birth date that could be synthetic.
    right_place = (col(f"_{field}_synthetic") == synthetic_ids) | (form == IdKind.FH)
    return (
        pl.when(col(f"_{field}_number").is_not_null()).then(fits).alias(f"_{field}_valid"),
        pl.when(fits).then(right_place).alias(f"_{field}_allowed"),
        pl.when(fits & right_place).then(form).alias(f"_{field}_kind"),
    )
