"""Add facts that rules and enrichment both need, as columns named ``_…``. Pure.

| column | meaning |
| --- | --- |
| `_local_id` | the item's own id; null if blank or a placeholder |
| `_local_id_holds_national_id`, `_group_id_holds_national_id`, … | whether the text does |
| `_local_id_too_long`, `_group_id_too_long`, … | too long to be one; else missing |
| `_start_unreadable`, `_local_id_unreadable` | named as such and null; else missing |
| `_usable_start` | the start, if the item can have had it |
| `_id_repeated`, `_visit_repeated` | see ``repeats``; missing if no item is a repeat |
| `_norwegian_offset` | minutes from UTC in Norway at the start |
| `_date` | local date of the start, days since 1970 |
| `_born` | the birth date, if it is a possible one |
| `_age_days` | age on that date; null if not yet born, or without a possible birth date |
| `_is_measured` | whether the item has any measure; consultations only |
| `_municipality_code` | the item's or the delivery's, four digits; null if not such a code |
| `_municipality_known`, `_municipality_valid` | ever in use; valid on the date |
| `_district_sent` | the text that is read as the district: the item's, else its delivery's |
| `_district_code`, `_district_valid` | the city district, six digits; null for another text |

and the columns of ``person_ids``.
"""

from __future__ import annotations

from functools import cache, reduce
from operator import or_

import polars as pl
from polars import col

from kpr_stream.model import identifiers
from kpr_stream.model.limits import MAX_SEARCHED_BYTES
from kpr_stream.model.norwegian_time import norwegian_offset
from kpr_stream.processor.frame import person_ids
from kpr_stream.processor.frame.repeats import with_repeated
from kpr_stream.reference import Reference
from kpr_stream.reference.age import age_days
from kpr_stream.reference.geography import (
    district_as_read,
    district_valid,
    municipality_valid,
    padded_municipality,
)
from kpr_stream.rules.item import NATIONAL_ID_IN
from kpr_stream.rules.measures import MEASURES
from kpr_stream.rules.times import (
    FIRST_DAY,
    LAST_DAY,
    LAST_NULL_START,
    NULL_DAY,
    is_null_day,
    is_null_start,
    start_is_usable,
)

_MICROSECONDS_A_MINUTE = 60_000_000
_MINUTES_A_DAY = 1_440
_FEWEST_NINES = 9
"""As for persons, but a running number of items reaches 999 in every system."""
_NO_TEXT = pl.lit(None, pl.String)
_NORWEGIAN_OFFSETS = [60, 120]
"""Written offsets that decide the local date, even if summer time is mistaken: the date is then the
one that the journal shows. With any other offset Norwegian time decides. A converted journal knows
only the date and writes local midnight: in UTC that falls on the day before."""

_LAST_NULLS = {"start": LAST_NULL_START, "birth_date": NULL_DAY, "maternity_discharge_date": 0}
"""Fields that programs fill in place of none, and the latest such value of each."""


def with_facts(
    items: pl.DataFrame,
    *,
    id_field: str,
    synthetic_ids: bool,
    numbers_from_2032: bool,
    reference: Reference,
) -> pl.DataFrame:
    """Return the items with the facts added.

    ``items`` has the contract's columns and those of its delivery: ``_delivery`` (a number that
    only this delivery has), ``_extracted_at`` and ``_received_at`` (ms), ``_received_on`` (its
    Norwegian date: nobody is born later), ``_sent_municipality``, ``_sent_district``. Dates
    and times that programs write in place of none are null in the result.
    With ``synthetic_ids`` only synthetic numbers may be used, without it only real ones. With
    ``numbers_from_2032`` numbers with the newer control digits are valid too.
    """
    used = person_ids.fields_used(items)
    stages = _stages(
        used,
        h_number=person_ids.is_used(items, "h_number"),
        two_dates=numbers_from_2032 or person_ids.may_have_two_birth_dates(items, used),
        id_field=id_field,
        municipality=_sources(items, "municipality_code", "_sent_municipality"),
        district=_sources(items, "district_code", "_sent_district"),
        measures=MEASURES[0].field in items.columns,
        synthetic_ids=synthetic_ids,
        numbers_from_2032=numbers_from_2032,
        reference=reference,
    )
    known = _with_unreadable(_without_nulls(items), id_field)
    for stage in stages:
        known = known.with_columns(stage) if stage else known
    return _with_hidden_ids(with_repeated(known), numbers_from_2032=numbers_from_2032)


@cache
def _stages(
    used: tuple[str, ...],
    *,
    h_number: bool,
    two_dates: bool,
    id_field: str,
    municipality: tuple[str, ...],
    district: tuple[str, ...],
    measures: bool,
    synthetic_ids: bool,
    numbers_from_2032: bool,
    reference: Reference,
) -> tuple[tuple[pl.Expr, ...], ...]:
    """Return expressions by stage: a stage uses columns of the stages before it.

    ``used`` are the id fields that have values. Cached, because a small frame costs more in
    building expressions than in evaluating them.
    """
    judgements = person_ids.judgements(
        used,
        synthetic_ids=synthetic_ids,
        two_dates=two_dates,
        numbers_from_2032=numbers_from_2032,
    )
    return (
        (
            identifiers.identity(col(id_field), nines=_FEWEST_NINES).alias("_local_id"),
            norwegian_offset(col("start")).alias("_norwegian_offset"),
            pl.when(start_is_usable()).then(col("start")).alias("_usable_start"),
            _born().alias("_born"),
            *((_is_measured().alias("_is_measured"),) if measures else ()),
            padded_municipality(_first(municipality)).alias("_municipality_code"),
            _district_sent(district, municipality).alias("_district_sent"),
            *person_ids.as_sent(used, h_number=h_number),
        ),
        (
            _local_date().alias("_date"),
            _municipality_known(reference).alias("_municipality_known"),
            (_district_code(reference) if district else _NO_TEXT).alias("_district_code"),
            *person_ids.digits(used),
        ),
        (
            age_days(col("_born"), col("_date")).alias("_age_days"),
            municipality_valid(
                col("_municipality_code"), col("_date"), reference.municipality_validity
            ).alias("_municipality_valid"),
            *((_district_valid(reference),) if district else ()),
            *person_ids.look_ups(used, two_dates=two_dates, numbers_from_2032=numbers_from_2032),
        ),
        judgements,
        person_ids.verdicts(used),
        person_ids.birth_source(used, two_dates=two_dates, numbers_from_2032=numbers_from_2032),
        person_ids.person_facts(used, two_dates=two_dates, numbers_from_2032=numbers_from_2032),
    )


def _without_nulls(items: pl.DataFrame) -> pl.DataFrame:
    """Return the items without the dates and times that programs write in place of none.

    The cheap test first: nearly every frame has no date that is so early.
    """
    made = [
        _without_null(name)
        for name, latest in _LAST_NULLS.items()
        if name in items.columns and _is_as_early_as(items, name, latest)
    ]
    return items.with_columns(made) if made else items


@cache
def _without_null(name: str) -> pl.Expr:
    is_null = is_null_start() if name == "start" else is_null_day(name)
    return pl.when(~is_null).then(col(name)).alias(name)


def _is_as_early_as(items: pl.DataFrame, name: str, latest: int) -> bool:
    first = items.get_column(name).min()
    return isinstance(first, int) and first <= latest


def _with_unreadable(items: pl.DataFrame, id_field: str) -> pl.DataFrame:
    """Add whether start and local id could not be read, if any field of the frame could not."""
    names = items.get_column("unreadable")
    if not (names.list.len() > 0).any():
        return items
    return items.with_columns(
        (names.list.contains(field) & col(field).is_null()).alias(f"_{fact}_unreadable")
        for field, fact in (("start", "start"), (id_field, "local_id"))
    )


def _local_date() -> pl.Expr:
    offset = col("start_offset_minutes").cast(pl.Int64)
    usable = (
        pl.when(offset.is_in(_NORWEGIAN_OFFSETS)).then(offset).otherwise(col("_norwegian_offset"))
    )
    minutes = col("start") // _MICROSECONDS_A_MINUTE + usable
    return (minutes // _MINUTES_A_DAY).cast(pl.Int32, strict=False)


def _is_measured() -> pl.Expr:
    return reduce(or_, (col(measure.field).is_not_null() for measure in MEASURES))


def _born() -> pl.Expr:
    return pl.when(col("birth_date").is_between(FIRST_DAY, LAST_DAY)).then(col("birth_date"))


def _sources(items: pl.DataFrame, own: str, sent: str) -> tuple[str, ...]:
    """Return the columns with a place, the item's own before its delivery's."""
    return tuple(name for name in (own, sent) if person_ids.is_used(items, name))


def _first(sources: tuple[str, ...]) -> pl.Expr:
    if not sources:
        return _NO_TEXT
    return pl.coalesce(identifiers.trimmed(col(name)) for name in sources)


def _district_sent(sources: tuple[str, ...], municipality: tuple[str, ...]) -> pl.Expr:
    """Return the text of the item's district, else its delivery's.

    The delivery's counts only for an item that is in the delivery's municipality.
    """
    texts = {name: identifiers.trimmed(col(name)) for name in sources}
    if "_sent_district" in texts and "municipality_code" in municipality:
        own, sent = (
            padded_municipality(identifiers.trimmed(col(name)))
            for name in ("municipality_code", "_sent_municipality")
        )
        elsewhere = identifiers.trimmed(col("municipality_code")).is_not_null() & own.ne_missing(
            sent
        )
        texts["_sent_district"] = pl.when(~elsewhere).then(texts["_sent_district"])
    return pl.coalesce(texts.values()) if texts else _NO_TEXT


def _district_code(reference: Reference) -> pl.Expr:
    known = reference.known_codes("district_code")
    return district_as_read(col("_district_sent"), col("_municipality_code"), known)


def _municipality_known(reference: Reference) -> pl.Expr:
    first, _ = reference.municipality_validity
    number = col("_municipality_code").cast(pl.UInt32)
    known = pl.lit(first.is_not_null()).gather(number)
    return pl.when(number.is_not_null()).then(known)


def _district_valid(reference: Reference) -> pl.Expr:
    valid = district_valid(col("_district_code"), col("_date"), reference.all_districts)
    return valid.alias("_district_valid")


def _with_hidden_ids(items: pl.DataFrame, *, numbers_from_2032: bool) -> pl.DataFrame:
    """Add whether the sender's own texts contain a national id.

    All texts are searched at once.
    """
    names = [name for name in ("_local_id", *NATIONAL_ID_IN) if name in items.columns]
    filled = [name for name in names if items.get_column(name).null_count() < items.height]
    texts = pl.concat([pl.Series(dtype=pl.String), *(items.get_column(name) for name in filled)])
    items = _with_too_long(items, filled, texts)
    holds = identifiers.holds_national_id(texts, from_2032=numbers_from_2032)
    return items.hstack(_by_field(items.height, filled, holds, "holds_national_id"))


def _with_too_long(items: pl.DataFrame, filled: list[str], texts: pl.Series) -> pl.DataFrame:
    lengths = texts.str.len_bytes()
    longest = lengths.max()
    if not isinstance(longest, int) or longest <= MAX_SEARCHED_BYTES:
        return items
    too_long = (lengths > MAX_SEARCHED_BYTES).fill_null(value=False)
    return items.hstack(_by_field(items.height, filled, too_long, "too_long"))


def _by_field(height: int, names: list[str], facts: pl.Series, what: str) -> list[pl.Series]:
    """Cut a column over the texts of several fields into a fact of each field."""
    return [
        facts.slice(at * height, height).alias(f"{'' if n.startswith('_') else '_'}{n}_{what}")
        for at, n in enumerate(names)
    ]
