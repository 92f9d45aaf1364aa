"""Judge the numbers of a person, as columns for ``facts``. Pure.

| column | meaning |
| --- | --- |
| `_fnr_number`, `_dnr_number`, `_fh_number_number`, `_duf_number` | the number, trimmed, padded |
| `_fnr_valid`, … | whether it is a valid number of any kind; null if the item has none |
| `_fnr_allowed`, `_dnr_allowed` | whether it may be used here: synthetic in test, else real |
| `_fnr_kind`, … | `fnr`, `dnr`, `fh` or `duf` by its form; null if it may not be used |
| `_fnr_zero_lost` | whether a leading zero was put back; missing if no item has an fnr |
| `_national_ids` | how many of the numbers may be used |
| `_h_number_valid` | whether it has the form of an H-number |
| `_is_anybody` | whether the item has any usable id of its person |
| `_birth_date_as_number`, `_sex_as_number` | whether item and number agree |
| `_known_birth_date`, `_known_sex` | the number's, else the item's |
| `_births_agree` | whether the birth dates of the item and of its numbers are all the same |

If no item of the frame has a field, its columns are missing or null.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import polars as pl
from polars import col

from kpr_stream.model import identifiers
from kpr_stream.model.person_id import IdKind

NATIONAL_FIELDS = ("fnr", "dnr", "fh_number", "duf")
_WITH_BIRTH_DATE = ("fnr", "dnr")
"""Fields whose numbers contain birth date and sex, by precedence."""
_SEX_CODE = r"^[0-9]$"
"""Volven 3101 has one digit. A longer value may be anything, so no identity record takes it."""
_NO_TEXT = pl.lit(None, pl.String)


def fields_used(items: pl.DataFrame) -> tuple[str, ...]:
    """Return the id fields that some item has."""
    return tuple(f for f in NATIONAL_FIELDS if is_used(items, f))


def is_used(items: pl.DataFrame, field: str) -> bool:
    """Return whether some item has a value in a field."""
    return field in items.columns and items.get_column(field).null_count() < items.height


def h_number_as_meant() -> pl.Expr:
    """Return the H-number, trimmed, with the leading zero that it may have lost."""
    return identifiers.padded(identifiers.trimmed(col("h_number")))


def as_sent(used: tuple[str, ...]) -> tuple[pl.Expr, ...]:
    """Stage 1: the numbers, trimmed; an fnr also padded."""
    numbers = {field: identifiers.trimmed(col(field)) for field in used}
    found = [
        (identifiers.padded(text) if field == "fnr" else text).alias(f"_{field}_number")
        for field, text in numbers.items()
    ]
    if "fnr" in numbers:
        found.append(identifiers.lost_zero(numbers["fnr"]).alias("_fnr_zero_lost"))
    unused = [field for field in NATIONAL_FIELDS if field not in used]
    h_number = identifiers.is_h_number(h_number_as_meant())
    return (
        *found,
        *(_NO_TEXT.alias(f"_{field}_number") for field in unused),
        h_number.alias("_h_number_valid"),
    )


def digits(used: tuple[str, ...]) -> tuple[pl.Expr, ...]:
    """Stage 2: eleven digits as one integer."""
    return tuple(
        identifiers.is_duf(col("_duf_number")).alias("_duf_valid")
        if field == "duf"
        else identifiers.eleven_digits(col(f"_{field}_number")).alias(f"_{field}_digits")
        for field in used
    )


def look_ups(used: tuple[str, ...]) -> tuple[pl.Expr, ...]:
    """Stage 3: form, control sums and synthetic mark, looked up by the digits."""
    return tuple(
        made.alias(f"_{field}_{name}")
        for field in used
        if field != "duf"
        for name, made in (
            ("form", identifiers.form_of(col(f"_{field}_digits"))),
            ("sums", identifiers.control_sums(col(f"_{field}_digits"))),
            ("synthetic", identifiers.is_synthetic(col(f"_{field}_digits"))),
        )
    )


def judgements(
    used: tuple[str, ...], *, synthetic_ids: bool, numbers_from_2032: bool
) -> tuple[pl.Expr, ...]:
    """Stage 4: whether a number is valid, and whether it may be used here."""
    found = []
    for field in used:
        if field == "duf":
            continue
        form = col(f"_{field}_form")
        holds = identifiers.control_digits_hold(col(f"_{field}_sums"), from_2032=numbers_from_2032)
        fits = (holds & form.is_not_null()).fill_null(value=False)
        # An FH-number has no birth date that could be synthetic.
        here = (col(f"_{field}_synthetic") == synthetic_ids) | (form == IdKind.FH)
        found += [fits.alias(f"_{field}_fits"), here.alias(f"_{field}_here")]
    return tuple(found)


def verdicts(used: tuple[str, ...]) -> tuple[pl.Expr, ...]:
    """Stage 5: the verdict on each number: valid, allowed, and its kind."""
    found = []
    for field in used:
        if field == "duf":
            duf = pl.when(col("_duf_valid")).then(pl.lit(IdKind.DUF.value))
            found.append(duf.alias("_duf_kind"))
            continue
        fits, here = col(f"_{field}_fits"), col(f"_{field}_here")
        sent = col(f"_{field}_number").is_not_null()
        found += [
            pl.when(sent).then(fits).alias(f"_{field}_valid"),
            pl.when(fits).then(here).alias(f"_{field}_allowed"),
            pl.when(fits & here).then(col(f"_{field}_form")).alias(f"_{field}_kind"),
        ]
    unused = [field for field in NATIONAL_FIELDS if field not in used]
    return (*found, *(_NO_TEXT.alias(f"_{field}_kind") for field in unused))


def birth_source(used: tuple[str, ...]) -> tuple[pl.Expr, ...]:
    """Stage 6: the digits that birth date and sex are read from."""
    chosen = [field for field in _WITH_BIRTH_DATE if field in used]
    kinds = [IdKind.FNR.value, IdKind.DNR.value]
    numbers = (pl.when(col(f"_{f}_kind").is_in(kinds)).then(col(f"_{f}_digits")) for f in chosen)
    return (pl.coalesce(numbers).alias("_birth_source_digits"),) if chosen else ()


def person_facts(used: tuple[str, ...], *, numbers_from_2032: bool) -> tuple[pl.Expr, ...]:
    """Stage 7: the facts about the person."""
    usable = [col(f"_{field}_kind").is_not_null() for field in used]
    local = identifiers.trimmed(col("person_local_id")).is_not_null()
    facts = {
        "_national_ids": pl.sum_horizontal(usable) if usable else pl.lit(0),
        "_is_anybody": reduce(or_, usable, local | col("_h_number_valid").fill_null(value=False)),
        "_births_agree": _births_agree(used, numbers_from_2032=numbers_from_2032),
        **_birth_and_sex(
            in_number=any(field in used for field in _WITH_BIRTH_DATE),
            numbers_from_2032=numbers_from_2032,
        ),
    }
    return tuple(made.alias(name) for name, made in facts.items())


def _births_agree(used: tuple[str, ...], *, numbers_from_2032: bool) -> pl.Expr:
    sources = [field for field in _WITH_BIRTH_DATE if field in used]
    if not sources:
        return pl.lit(value=True)
    kinds = [IdKind.FNR.value, IdKind.DNR.value]
    numbers = [pl.when(col(f"_{f}_kind").is_in(kinds)).then(col(f"_{f}_digits")) for f in sources]
    # From 2032 a number no longer contains the century: day, month and two digits of the year do.
    centuries = (1900, 2000) if numbers_from_2032 else (None,)
    dates = [[_born_on(number, century) for number in numbers] for century in centuries]
    each = [reduce(or_, (born[at] == col("_born") for born in dates)) for at in range(len(numbers))]
    pairs = [born[0] == born[1] for born in dates[:1] if len(numbers) > 1]
    return pl.all_horizontal(made.fill_null(value=True) for made in (*each, *pairs))


def _born_on(number: pl.Expr, century: int | None) -> pl.Expr:
    if century is None:
        return identifiers.born_on(number)
    return identifiers.born_on_in(number, century)


def _birth_and_sex(*, in_number: bool, numbers_from_2032: bool) -> dict[str, pl.Expr]:
    born = col("_born")
    sex = pl.when(col("sex").str.contains(_SEX_CODE)).then(col("sex"))
    if not in_number:
        return {"_known_birth_date": born, "_known_sex": sex}
    number = col("_birth_source_digits")
    if numbers_from_2032:
        nineteen, twenty = (identifiers.born_on_in(number, century) for century in (1900, 2000))
        return {
            "_birth_date_as_number": (born == nineteen) | (born == twenty),
            "_known_birth_date": born,
            "_known_sex": sex,
        }
    born_by_number, sex_by_number = identifiers.born_on(number), identifiers.sex_of(number)
    return {
        "_birth_date_as_number": born == born_by_number,
        # 0 and 9 mean that the sex is not known or not specified: nothing to contradict.
        "_sex_as_number": ~sex.is_in(["1", "2"]) | (sex == sex_by_number),
        "_known_birth_date": pl.coalesce(born_by_number, born),
        "_known_sex": pl.coalesce(sex_by_number, sex),
    }
