"""Person ids as columns: the kind of a number, and whether its control digits are right.

Control digits: mod 11 with two sets of weights (Skatteetaten, «Fødselsnummer»; forskrift til
folkeregisterloven § 2-2-1). A D-number has 40 added to the day, an H-number 40 to the month
(local to an organisation, no control digits), an FH-number starts with 8 or 9 (national). A DUF
number is a year and a serial; its checksum is not public. Synthetic numbers have 80 (Tenor) or
65 (SyntPop) added to the month, and synthetic D-numbers of Nav 40: there the day shows that it is
no H-number. Numbers are typed by their form, not by the field they came in: many systems put a
D-number in the field of the fødselsnummer. The birth years are those of ``birth_years``. Tables
over a few digits at a time replace the arithmetic: the weighted sums are linear, so three look-ups
give both.

From 2032 (Skatteetaten, «ny personidentifikator») a new number's first control digit may leave a
remainder of 0 to 3, and neither sex nor century can be read from it. Where such numbers may occur
(``from_2032``), sex and century are read from no number: one in four new ones looks like an old
one.
"""

from __future__ import annotations

import re
from calendar import isleap
from dataclasses import dataclass
from datetime import date
from functools import cache, reduce

import polars as pl

from kpr_stream.model.birth_years import BIRTH_YEARS
from kpr_stream.model.limits import MAX_SEARCHED_BYTES
from kpr_stream.model.person_id import IdKind

FNR_DIGITS = 11
_DUF = r"^(19|20)[0-9]{10}$"
_DUF_PLACEHOLDER = r"(0{8}|9{8})$"
_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
_CHUNKS = ((0, 4), (4, 4), (8, 3))
"""First digit and number of digits of each look-up."""
_SECOND = 1024
"""Both sums travel in one number: each stays below this."""
_LARGEST_REMAINDER_FROM_2032 = 3
_H_NUMBER = r"^((0[1-9]|[12][0-9])(4[1-9]|5[0-2])|30(4[13-9]|5[0-2])|31(4[13578]|5[02]))[0-9]{7}$"
"""Day, month + 40 and seven digits: a day that the month has in some year."""
_PLACEHOLDER = r"^([0._/ -]*|9{%d,})$"
"""Zeros and separators, or so many nines; also nothing."""
FEWEST_NINES = 3
"""So many nines alone are a placeholder in the id of a person or a group. That costs patient 999 of
a system the local id. Otherwise everybody without an id would be one person."""
_YEARS_A_KIND = 100 * 1000
"""Pairs of a year's two digits and an individual number."""
_FIRST_YEAR, _LAST_YEAR = 1800, 2100
"""Range of the table of dates: numbers name years from 1854 to 2099."""
_DAYS_A_YEAR = 366
"""Days of every year in the table of dates. 29 February of a common year is null."""
_LEAP_DAY = 59
"""29 February, counted from 1 January as 0."""
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EPOCH = date(1970, 1, 1)
_GAP = r"[\s./_\-–—]"
"""The separators that people and systems write between the parts of a number."""
_SPACED = rf"([0-9]{{2}}){_GAP}?([0-9]{{2}}){_GAP}?([0-9]{{2}}){_GAP}{{0,2}}([0-9]{{5}})"
"""Day, month, year and the five digits, together or apart."""
_TEN_DIGITS = r"^\s*([0-9]{10})\s*$"
"""A whole text of ten digits: a number that lost its leading zero as a JSON number."""
_HIDDEN = rf"{_SPACED}|{_TEN_DIGITS}"
_RUN = r"[0-9]{11,}"
_SEARCHED_AT_ONCE = 1024
"""Texts searched in one query. Bounds the memory of a delivery that has only such texts: some 50
bytes for each of their digits."""
_LIKE_AN_ID = re.compile(r"\d{6}[ .-]?\d{5}")


def trimmed(text: pl.Expr) -> pl.Expr:
    """Return text without white space around it; null if nothing is left."""
    bare = text.str.strip_chars()
    return pl.when(bare != "").then(bare)


def padded(text: pl.Expr) -> pl.Expr:
    """Put back the leading zero that an 11-digit number lost as a JSON number."""
    return pl.when(lost_zero(text)).then(pl.concat_str([pl.lit("0"), text])).otherwise(text)


def lost_zero(text: pl.Expr) -> pl.Expr:
    """Whether a number has ten digits: a birth day from 01 to 09 that lost its zero."""
    return text.str.contains(r"^[0-9]{10}$")


def identity(text: pl.Expr, *, nines: int) -> pl.Expr:
    """Return a sender's own id, trimmed; null for a text that only fills the field.

    Zeros, separators and at least ``nines`` nines alone are placeholders: as an id they would make
    one person of everybody without an id.
    """
    bare = text.str.strip_chars()
    return pl.when(~bare.str.contains(_PLACEHOLDER % nines)).then(bare)


def is_duf(text: pl.Expr, last_year: pl.Expr) -> pl.Expr:
    """Whether text can be a DUF number: a year, not after ``last_year``, and a serial."""
    year = text.str.slice(0, 4).cast(pl.Int32, strict=False)
    return text.str.contains(_DUF) & ~text.str.contains(_DUF_PLACEHOLDER) & (year <= last_year)


def eleven_digits(text: pl.Expr) -> pl.Expr:
    """Return text of exactly eleven digits as a number (Int64); null for any other text."""
    whole = text.str.contains(r"^[0-9]{11}$")
    return pl.when(whole).then(text).cast(pl.Int64, strict=False)


def form_of(number: pl.Expr) -> pl.Expr:
    """Return ``fnr``, ``dnr`` or ``fh`` by day and month of eleven digits; null if none fits."""
    return pl.lit(_tables().forms).gather(number // 10**7)


def control_sums(number: pl.Expr) -> pl.Expr:
    """Return both weighted sums of eleven digits, the second times 1,024."""
    parts = [
        pl.lit(table).gather(number // 10 ** (FNR_DIGITS - start - length) % 10**length)
        for table, (start, length) in zip(_tables().sums, _CHUNKS, strict=True)
    ]
    return parts[0] + parts[1] + parts[2]


def control_digits_hold(sums: pl.Expr, *, from_2032: bool = False) -> pl.Expr:
    """Whether both sums are multiples of 11; from 2032 the first may be up to 3 more."""
    largest = _LARGEST_REMAINDER_FROM_2032 if from_2032 else 0
    return (sums % _SECOND % 11 <= largest) & (sums // _SECOND % 11 == 0)


def birth_dates(number: pl.Expr, *, from_2032: bool = False) -> tuple[pl.Expr, pl.Expr]:
    """Return two possible birth dates of eleven digits, in days since 1970 (Int32).

    For numbers whose form is ``fnr`` or ``dnr``. The first follows from the newest rule, and the
    second from an older rule that disagrees. Null where there is no such rule, or where the date
    does not exist: 29 February of a common year. With ``from_2032`` no rule gives the century, so
    the dates are those of 1900-1999 and 2000-2099.
    """
    if from_2032:
        within = number // 10**5 % 100
        later, earlier = (
            (century - _FIRST_YEAR + within) * _DAYS_A_YEAR for century in (2000, 1900)
        )
        return _date_in(number, later), _date_in(number, earlier)
    at = number // 100 % 10**5 + (number // 10**10 >= 4) * _YEARS_A_KIND
    tables = _tables()
    return (
        _date_in(number, pl.lit(tables.years).gather(at)),
        _date_in(number, pl.lit(tables.other_years).gather(at)),
    )


def sex_of(number: pl.Expr) -> pl.Expr:
    """Return the sex in eleven digits: "1" male if the ninth digit is odd, else "2" female.

    For numbers whose form is ``fnr`` or ``dnr``.
    """
    return pl.lit(_tables().sexes).gather(number // 100 % 2)


def is_h_number(text: pl.Expr) -> pl.Expr:
    """Whether text is an H-number: eleven digits, month + 40. It has no control digits."""
    return text.str.contains(_H_NUMBER)


def is_synthetic(number: pl.Expr) -> pl.Expr:
    """Whether the month of eleven digits marks a synthetic number."""
    return number // 10**7 % 100 > 40


def looks_like_an_id(text: str) -> bool:
    """Whether a text holds eleven digits as a national id is written, valid or not."""
    return _LIKE_AN_ID.search(text) is not None


def holds_national_id(texts: pl.Series, *, from_2032: bool = False) -> pl.Series:
    """Return which texts contain eleven digits that are a valid fnr, D- or FH-number.

    Spaces, full stops, slashes and dashes between day, month, year and the last five digits do not
    hide one, nor does a zero lost in front; in longer rows every eleven are looked at. Null is
    False, and so is a text longer than ``MAX_SEARCHED_BYTES``: it is not searched. One in some 200
    random 11-digit ids is valid by chance (with the control digits of 2032 one in 50): the answer
    may be used to hold an id back, never to blame.
    """
    suspects = (
        texts.to_frame("text").with_row_index("row").filter(pl.col("text").str.contains(_HIDDEN))
    )
    suspects = suspects.filter(pl.col("text").str.len_bytes() <= MAX_SEARCHED_BYTES)
    hits: set[int] = set()
    for part in suspects.iter_slices(_SEARCHED_AT_ONCE):
        hits.update(_holding(part, from_2032=from_2032))
    if not hits:
        return pl.Series([False]).new_from_index(0, len(texts))
    return pl.Series([row in hits for row in range(len(texts))], dtype=pl.Boolean)


def _holding(suspects: pl.DataFrame, *, from_2032: bool) -> list[int]:
    """Return the rows whose text contains a valid number.

    All texts become one column of digits, a byte a row, and every number is made of the digits
    before it by adding shifted columns. The work is linear in the length of the texts: a look at
    each eleven digits of a text in turn would cost a whole query for each digit.
    """
    together = pl.col("text").str.replace_all(_SPACED, "$1$2$3$4").str.replace(_TEN_DIGITS, "0$1")
    runs = (
        suspects.select("row", together.str.extract_all(_RUN))
        .explode("text", empty_as_null=True, keep_nulls=True)
        .drop_nulls()
    )
    joined = "".join(f"{run}," for run in runs.get_column("text").to_list()).encode()
    written = pl.DataFrame({"byte": list(joined)}, schema={"byte": pl.Int64})
    ends = pl.col("byte") == ord(",")
    digits = written.select(
        digit=pl.when(~ends).then(pl.col("byte") - ord("0")), run=ends.cum_sum()
    )
    places = [pl.col("digit").shift(-at) for at in range(FNR_DIGITS)]
    # Null, where eleven digits would reach over the end of a text.
    number = reduce(lambda before, digit: before * 10 + digit, places)
    numbers = digits.select("run", number=number).drop_nulls()
    valid = control_digits_hold(control_sums(pl.col("number")), from_2032=from_2032)
    found = numbers.filter(valid & form_of(pl.col("number")).is_not_null())
    return runs.get_column("row").gather(found.get_column("run").unique()).to_list()


@dataclass(frozen=True, slots=True)
class _Tables:
    sums: list[pl.Series]
    """For each chunk, its part of both weighted sums, by the chunk's value."""
    forms: pl.Series
    """The kind that day and month allow, by the first four digits."""
    days: pl.Series
    """Day of a leap year, counted from 0, by the first four digits."""
    years: pl.Series
    """Where the year begins in ``dates``, by the newest rule: by the year's two digits and the
    individual number, for a fødselsnummer; the same for a D-number follows."""
    other_years: pl.Series
    """The same by an older rule that disagrees."""
    sexes: pl.Series
    """By the ninth digit, even or odd."""
    dates: pl.Series
    """Days since 1970, by year and day of the year: 366 days for every year."""


def make_tables() -> None:
    """Make the look-up tables before a first delivery would wait for them: 0.1 s."""
    _tables()


@cache
def _tables() -> _Tables:
    sums = [
        pl.Series([_part(start, f"{n:0{length}}") for n in range(10**length)], dtype=pl.Int32)
        for start, length in _CHUNKS
    ]
    pairs = [(day, month) for day in range(100) for month in range(100)]
    newest, other = _years()
    return _Tables(
        sums,
        pl.Series([_form(*pair) for pair in pairs], dtype=pl.String),
        pl.Series([_day(*pair) for pair in pairs], dtype=pl.Int32),
        pl.Series(newest, dtype=pl.Int32),
        pl.Series(other, dtype=pl.Int32),
        pl.Series(["2", "1"]),
        pl.Series(
            [day for year in range(_FIRST_YEAR, _LAST_YEAR) for day in _dates(year)],
            dtype=pl.Int32,
        ),
    )


def _dates(year: int) -> list[int | None]:
    """Return the days of a year since 1970, as many as a leap year has."""
    first = (date(year, 1, 1) - _EPOCH).days
    days: list[int | None] = list(range(first, first + _DAYS_A_YEAR))
    return days if isleap(year) else [*days[:_LEAP_DAY], None, *days[_LEAP_DAY:-1]]


def _date_in(number: pl.Expr, year: pl.Expr) -> pl.Expr:
    """Return the date of eleven digits in a year that is given by its place in the table."""
    tables = _tables()
    return pl.lit(tables.dates).gather(year + pl.lit(tables.days).gather(number // 10**7))


def _day(day: int, month: int) -> int | None:
    if _form(day, month) not in {"fnr", "dnr"}:
        return None
    plain = _plain(month, d_number=day > 40)
    return (date(2000, plain, day % 40) - date(2000, 1, 1)).days


def _part(start: int, digits: str) -> int:
    first, second = (
        sum(w * int(d) for w, d in zip(weights[start:], digits, strict=False))
        for weights in _WEIGHTS
    )
    return first + _SECOND * second


def _form(day: int, month: int) -> str | None:
    if day >= 80:
        return "fh"
    plain = _plain(month, d_number=day > 40)
    within = 1 <= plain <= 12 and 1 <= day % 40 <= _MONTH_DAYS[plain - 1]
    if not within or day == 40:
        return None
    return "dnr" if day > 40 else "fnr"


def _years() -> tuple[list[int | None], list[int | None]]:
    """Return where the year begins in the dates, by the newest rule and by one that disagrees."""
    newest: list[int | None] = [None] * (2 * _YEARS_A_KIND)
    other = newest.copy()
    for row in BIRTH_YEARS:
        start = _YEARS_A_KIND if row.kind is IdKind.DNR else 0
        for year in range(row.years[0], row.years[1] + 1):
            for individual in range(row.individual[0], row.individual[1] + 1):
                at = start + year % 100 * 1000 + individual
                place = (year - _FIRST_YEAR) * _DAYS_A_YEAR
                if newest[at] not in {None, place}:
                    other[at] = newest[at]
                newest[at] = place
    return newest, other


def _plain(month: int, *, d_number: bool) -> int:
    """Return a month without the addition of synthetic numbers."""
    additions = (80, 65, 40) if d_number else (80, 65)
    return month - next((added for added in additions if month > added), 0)
