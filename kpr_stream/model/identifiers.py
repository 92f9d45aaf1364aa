"""Person ids as columns: what kind a number is, whether its control digits hold.

Control digits: mod 11 with two sets of weights (Skatteetaten, «Fødselsnummer»; forskrift til
folkeregisterloven § 2-2-1). A D-number has 40 added to the day, an H-number 40 to the month
(local to an organisation, no control digits), an FH-number starts with 8 or 9 (national). A DUF
number is a year and a serial; its checksum is not public. Synthetic numbers have 80 (Tenor) or
65 (SyntPop) added to the month. Numbers are typed by their form, not by the field they came in:
many systems put a D-number in the field of the fødselsnummer. The century is not looked at, so
29 February passes in any year.
"""

from __future__ import annotations

import polars as pl

FNR_DIGITS = 11
_ELEVEN = r"^[0-9]{11}$"
_TEN = r"^[0-9]{10}$"
_DUF = r"^(19|20)[0-9]{10}$"
_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
_LONG_MONTHS = (1, 3, 5, 7, 8, 10, 12)
_FEBRUARY = 2
_SPACED = r"([0-9]{6})[ .\-]([0-9]{5})"
_HIDDEN = r"[0-9]{6}[ .\-]?[0-9]{5}"
_RUN = r"[0-9]{11,}"


def trimmed(text: pl.Expr) -> pl.Expr:
    """Text without white space around it; null for what is then empty."""
    bare = text.str.strip_chars()
    return pl.when(bare != "").then(bare)


def padded(text: pl.Expr) -> pl.Expr:
    """An 11-digit number that came as JSON number has lost a leading zero: put it back."""
    return pl.when(lost_zero(text)).then(pl.concat_str([pl.lit("0"), text])).otherwise(text)


def lost_zero(text: pl.Expr) -> pl.Expr:
    """Whether a number has ten digits: a birth day from 01 to 09 that lost its zero."""
    return text.str.contains(_TEN)


def is_duf(text: pl.Expr) -> pl.Expr:
    """Whether text can be a DUF number: 12 digits from a year."""
    return text.str.contains(_DUF)


def kind_of(text: pl.Expr) -> pl.Expr:
    """``fnr``, ``dnr`` or ``fh`` of 11 digits with right control digits; null for all else."""
    number = _number(text)
    day, month = number // 10**9, _plain_month(number)
    plain_day = pl.when(day > 40).then(day - 40).otherwise(day)
    kind = (
        pl.when(day >= 80)
        .then(pl.lit("fh"))
        .when(_is_date(plain_day, month))
        .then(pl.when(day > 40).then(pl.lit("dnr")).otherwise(pl.lit("fnr")))
    )
    return pl.when(_control_digits_hold(number)).then(kind)


def is_synthetic(text: pl.Expr) -> pl.Expr:
    """Whether the month of an 11-digit number says that it was made for tests."""
    return _month(_number(text)) > 65


def holds_national_id(texts: pl.Series) -> pl.Series:
    """Which texts contain eleven digits in a row that are a valid fnr, D- or FH-number.

    Six and five digits with a space, full stop or hyphen between count as a row; in longer rows
    every eleven are looked at. Null is False. One in some 200 random 11-digit ids is valid by
    chance: the answer may be used to hold an id back, never to blame.
    """
    name = "text"
    rows = (
        texts.alias(name)
        .to_frame()
        .with_row_index("row")
        .filter(pl.col(name).str.contains(_HIDDEN))
        .with_columns(pl.col(name).str.replace_all(_SPACED, "$1$2").str.extract_all(_RUN))
        .explode(name, empty_as_null=True, keep_nulls=True)
    )
    found = pl.repeat(value=False, n=len(texts), dtype=pl.Boolean, eager=True)
    if rows.is_empty():
        return found
    longest = rows.get_column(name).str.len_bytes().max()
    last_start = longest - FNR_DIGITS if isinstance(longest, int) else -1
    hits: set[int] = set()
    for start in range(last_start + 1):
        window = pl.col(name).str.slice(start, FNR_DIGITS)
        hits.update(rows.filter(kind_of(window).is_not_null()).get_column("row").to_list())
    return found.scatter(sorted(hits), values=True) if hits else found


def _number(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_ELEVEN)).then(text).cast(pl.Int64, strict=False)


def _month(number: pl.Expr) -> pl.Expr:
    return number // 10**7 % 100


def _plain_month(number: pl.Expr) -> pl.Expr:
    month = _month(number)
    return pl.when(month > 80).then(month - 80).when(month > 65).then(month - 65).otherwise(month)


def _is_date(day: pl.Expr, month: pl.Expr) -> pl.Expr:
    longest = (
        pl.when(month.is_in(_LONG_MONTHS))
        .then(31)
        .when(month == _FEBRUARY)
        .then(29)
        .when(month.is_between(1, 12))
        .then(30)
        .otherwise(0)
    )
    return (day >= 1) & (day <= longest)


def _control_digits_hold(number: pl.Expr) -> pl.Expr:
    digits = [number // 10 ** (FNR_DIGITS - 1 - at) % 10 for at in range(FNR_DIGITS)]
    first, second = (
        sum((d * w for d, w in zip(digits, weights, strict=True) if w), start=pl.lit(0))
        for weights in _WEIGHTS
    )
    return (first % 11 == 0) & (second % 11 == 0)
