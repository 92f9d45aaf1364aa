"""Judge the numbers of a person, as columns for ``facts``. Pure.

| column | meaning |
| --- | --- |
| `_fnr_number`, `_dnr_number`, `_fh_number_number`, `_duf_number` | the number, trimmed, padded |
| `_fnr_valid`, … | whether it is a valid number of any kind; null if the item has none |
| `_fnr_allowed`, `_dnr_allowed` | whether it may be used here: synthetic in test, else real |
| `_fnr_kind`, … | `fnr`, `dnr`, `fh` or `duf` by its form; null if it may not be used |
| `_fnr_zero_lost` | whether a leading zero was put back; missing if no item has an fnr |
| `_national_ids` | how many of the numbers may be used |
| `_person_local_id` | the sender's own id, trimmed; null for a placeholder |
| `_h_number_valid` | whether it has the form of an H-number |
| `_is_anybody` | whether the item has any usable id of its person |
| `_birth_date_as_number`, `_sex_as_number` | whether item and number agree |
| `_known_birth_date`, `_known_sex` | the number's, else the item's. See ``birth_source`` |
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
_BORN = ("born", "other_born")
"""Names of a number's two possible birth dates: see ``identifiers.birth_dates``."""
_LIKE_A_D_NUMBER = r"^\s*[4-7]"
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


def may_have_two_birth_dates(items: pl.DataFrame, used: tuple[str, ...]) -> bool:
    """Return whether a number of the frame may be a D-number. Only those allow two birth dates."""
    return any(
        items.get_column(field).str.contains(_LIKE_A_D_NUMBER).any()
        for field in used
        if field != "duf"
    )


def as_sent(used: tuple[str, ...], *, h_number: bool) -> tuple[pl.Expr, ...]:
    """Stage 1: the numbers, trimmed; an fnr also padded. The sender's own id of the person."""
    numbers = {field: identifiers.trimmed(col(field)) for field in used}
    found = [
        (identifiers.padded(text) if field == "fnr" else text).alias(f"_{field}_number")
        for field, text in numbers.items()
    ]
    if "fnr" in numbers:
        found.append(identifiers.lost_zero(numbers["fnr"]).alias("_fnr_zero_lost"))
    unused = [field for field in NATIONAL_FIELDS if field not in used]
    valid = identifiers.is_h_number(h_number_as_meant()) if h_number else pl.lit(None, pl.Boolean)
    local = identifiers.identity(col("person_local_id"), nines=identifiers.FEWEST_NINES)
    return (
        *found,
        local.alias("_person_local_id"),
        *(_NO_TEXT.alias(f"_{field}_number") for field in unused),
        valid.alias("_h_number_valid"),
    )


def digits(used: tuple[str, ...]) -> tuple[pl.Expr, ...]:
    """Stage 2: eleven digits as one integer."""
    return tuple(
        _duf_valid().alias("_duf_valid")
        if field == "duf"
        else identifiers.eleven_digits(col(f"_{field}_number")).alias(f"_{field}_digits")
        for field in used
    )


def _duf_valid() -> pl.Expr:
    year = col("_received_on").cast(pl.Date).dt.year()
    return identifiers.is_duf(col("_duf_number"), year)


def look_ups(
    used: tuple[str, ...], *, two_dates: bool, numbers_from_2032: bool
) -> tuple[pl.Expr, ...]:
    """Stage 3: form, control sums, synthetic mark and birth dates, looked up by the digits.

    A date after the day of reception is nobody's. ``other_born`` is the second possible date.
    """
    found = []
    for field in used:
        if field == "duf":
            continue
        number = col(f"_{field}_digits")
        dates = identifiers.birth_dates(number, from_2032=numbers_from_2032)
        past = [pl.when(day <= col("_received_on")).then(day) for day in dates]
        looked_up = {
            "form": identifiers.form_of(number),
            "sums": identifiers.control_sums(number),
            "synthetic": identifiers.is_synthetic(number),
            "born": pl.coalesce(past) if two_dates else past[0],
        }
        if two_dates:
            looked_up["other_born"] = past[1]
        found += [made.alias(f"_{field}_{name}") for name, made in looked_up.items()]
    return tuple(found)


def judgements(
    used: tuple[str, ...], *, synthetic_ids: bool, two_dates: bool, numbers_from_2032: bool
) -> tuple[pl.Expr, ...]:
    """Stage 4: whether a number is valid, whether it may be used here, and the birth dates."""
    found = []
    for field in used:
        if field == "duf":
            continue
        holds = identifiers.control_digits_hold(col(f"_{field}_sums"), from_2032=numbers_from_2032)
        # An FH-number has no birth date, and so none that could be synthetic.
        fh = col(f"_{field}_form") == IdKind.FH
        somebodys = fh | col(f"_{field}_born").is_not_null()
        agrees = col(f"_{field}_born") == col("_born")
        if two_dates:
            agrees |= (col(f"_{field}_other_born") == col("_born")).fill_null(value=False)
        found += [
            (holds & somebodys).fill_null(value=False).alias(f"_{field}_fits"),
            ((col(f"_{field}_synthetic") == synthetic_ids) | fh).alias(f"_{field}_here"),
            agrees.alias(f"_{field}_agrees"),
        ]
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
            (fits & here & col(f"_{field}_born").is_not_null()).alias(f"_{field}_dated"),
        ]
    unused = [field for field in NATIONAL_FIELDS if field not in used]
    return (*found, *(_NO_TEXT.alias(f"_{field}_kind") for field in unused))


def birth_source(
    used: tuple[str, ...], *, two_dates: bool, numbers_from_2032: bool
) -> tuple[pl.Expr, ...]:
    """Stage 6: the number that birth date and sex are read from.

    A number may allow two birth dates. The item's date decides if it is one of them.
    """
    chosen = _with_birth_date(used)
    if not chosen:
        return ()
    values: dict[str, list[pl.Expr]] = {
        name: [col(f"_{field}_{name}") for field in chosen] for name in ("digits", "agrees")
    }
    if not numbers_from_2032:
        values["born"] = [_birth_date(field, two_dates=two_dates) for field in chosen]
    return tuple(
        pl.coalesce(_if_dated(field, one) for field, one in zip(chosen, each, strict=True)).alias(
            f"_birth_source_{name}"
        )
        for name, each in values.items()
    )


def _with_birth_date(used: tuple[str, ...]) -> list[str]:
    return [field for field in _WITH_BIRTH_DATE if field in used]


def _if_dated(field: str, value: pl.Expr) -> pl.Expr:
    """Return a value of a number that may be used and has a birth date."""
    return pl.when(col(f"_{field}_dated")).then(value)


def _birth_date(field: str, *, two_dates: bool) -> pl.Expr:
    """Return the item's birth date if it is a possible one of the number, else the number's."""
    born = col(f"_{field}_born")
    return (
        pl.when(col(f"_{field}_agrees")).then(col("_born")).otherwise(born) if two_dates else born
    )


def person_facts(
    used: tuple[str, ...], *, two_dates: bool, numbers_from_2032: bool
) -> tuple[pl.Expr, ...]:
    """Stage 7: the facts about the person."""
    usable = [col(f"_{field}_kind").is_not_null() for field in used]
    local = col("_person_local_id").is_not_null()
    facts = {
        "_national_ids": pl.sum_horizontal(usable) if usable else pl.lit(0),
        "_is_anybody": reduce(or_, usable, local | col("_h_number_valid").fill_null(value=False)),
        "_births_agree": _births_agree(used, two_dates=two_dates),
        **_birth_and_sex(
            in_number=any(field in used for field in _WITH_BIRTH_DATE),
            numbers_from_2032=numbers_from_2032,
        ),
    }
    return tuple(made.alias(name) for name, made in facts.items())


def _births_agree(used: tuple[str, ...], *, two_dates: bool) -> pl.Expr:
    sources = _with_birth_date(used)
    if not sources:
        return pl.lit(value=True)
    found = [_if_dated(field, col(f"_{field}_agrees")) for field in sources]
    if len(sources) > 1:
        names = _BORN if two_dates else _BORN[:1]
        ours, theirs = (
            [_if_dated(field, col(f"_{field}_{name}")) for name in names] for field in sources
        )
        # The first is null only if the number has no birth date at all.
        same = [(one == other).fill_null(value=False) for one in ours for other in theirs]
        found.append(reduce(or_, same, ours[0].is_null() | theirs[0].is_null()))
    return pl.all_horizontal(made.fill_null(value=True) for made in found)


def _birth_and_sex(*, in_number: bool, numbers_from_2032: bool) -> dict[str, pl.Expr]:
    born = col("_born")
    sex = pl.when(col("sex").str.contains(_SEX_CODE)).then(col("sex"))
    if not in_number:
        return {"_known_birth_date": born, "_known_sex": sex}
    agrees = {"_birth_date_as_number": col("_birth_source_agrees")}
    if numbers_from_2032:
        return {**agrees, "_known_birth_date": born, "_known_sex": sex}
    sex_by_number = identifiers.sex_of(col("_birth_source_digits"))
    return {
        **agrees,
        # 0 and 9 mean that the sex is not known or not specified: nothing to contradict.
        "_sex_as_number": ~sex.is_in(["1", "2"]) | (sex == sex_by_number),
        "_known_birth_date": pl.coalesce(col("_birth_source_born"), born),
        "_known_sex": pl.coalesce(sex_by_number, sex),
    }
