"""National ids as columns, with python-stdnum as the oracle for control digits and dates."""

from __future__ import annotations

import sys
from calendar import isleap
from collections.abc import Iterator
from datetime import date, timedelta
from types import FrameType

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars import col
from stdnum.no import fodselsnummer

from kpr_stream.model import identifiers
from kpr_stream.model.birth_years import possible_years
from kpr_stream.model.limits import MAX_SEARCHED_BYTES
from kpr_stream.model.person_id import IdKind
from tests.support.deliveries import synthetic_id

_BIRTHDAYS = st.dates(date(1940, 1, 1), date(1999, 12, 31)) | st.dates(
    date(2000, 1, 1), date(2023, 12, 31)
)


def _kind(text: str) -> str | None:
    number = identifiers.eleven_digits(col("t"))
    holds = identifiers.control_digits_hold(identifiers.control_sums(col("n")))
    frame = pl.DataFrame({"t": [text]}).select(n=number)
    kind: str | None = frame.select(pl.when(holds).then(identifiers.form_of(col("n")))).item()
    return kind


def _check_digits_hold(digits: str) -> bool:
    return digits[9] == fodselsnummer.calc_check_digit1(digits) and digits[
        10
    ] == fodselsnummer.calc_check_digit2(digits)


@given(st.from_regex(r"[0-9]{11}", fullmatch=True))
def test_control_digits_as_the_oracle(digits: str) -> None:
    number = pl.DataFrame({"n": [int(digits)]})
    sums = identifiers.control_sums(col("n"))
    holds = number.select(identifiers.control_digits_hold(sums)).item()
    assert holds == _check_digits_hold(digits)


@given(_BIRTHDAYS, st.integers(0, 20))
def test_plain_numbers_are_what_the_oracle_says(born: date, serial: int) -> None:
    number = synthetic_id(born, serial, month_plus=0)
    assert fodselsnummer.is_valid(number)
    assert _kind(number) == "fnr"
    assert _kind(synthetic_id(born, serial, month_plus=0, day_plus=40)) == "dnr"


@given(_BIRTHDAYS, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_seen(born: date, at: int, more: int) -> None:
    number = synthetic_id(born)
    wrong = number[:at] + str((int(number[at]) + more) % 10) + number[at + 1 :]
    assert _kind(number) == "fnr"
    assert _kind(wrong) is None


@pytest.mark.parametrize("month_plus", [65, 80])
def test_numbers_made_for_tests(month_plus: int) -> None:
    number = synthetic_id(date(2020, 2, 29), month_plus=month_plus)
    assert _kind(number) == "fnr"
    assert pl.select(identifiers.is_synthetic(pl.lit(int(number)))).item()
    assert not pl.select(identifiers.is_synthetic(pl.lit(15108695088))).item()


def test_forms() -> None:
    def form(start: str) -> str | None:
        number = pl.lit(int(start + "0000000"))
        found: str | None = pl.select(identifiers.form_of(number)).item()
        return found

    assert form("3101") == "fnr"
    assert form("3002") is None
    assert form("3104") is None
    assert form("4101") == "dnr"
    assert form("4001") is None
    assert form("0001") is None
    assert form("0113") is None
    assert form("0141") is None  # an H-number: local, never a national id
    assert form("4141") == "dnr"  # a synthetic D-number of Nav
    assert form("4153") is None
    assert form("8000") == "fh"
    assert form("9999") == "fh"


@pytest.mark.parametrize(
    "text",
    [
        *("", "1234567890", "123456789012", "+1234567890", "1234567890a", "12345_67890"),
        *("١٢٣٤٥٦٧٨٩٠١", "१२३४५६७८९०१", "１２３４５６７８９０１"),
    ],
)
def test_only_eleven_digits_are_a_number(text: str) -> None:
    assert pl.DataFrame({"t": [text]}).select(identifiers.eleven_digits(col("t"))).item() is None


def test_texts_that_hold_a_national_id() -> None:
    number = synthetic_id(date(1985, 5, 17))
    holding = [
        number,
        f"konsultasjon-{number}",
        f"{number[:6]} {number[6:]}",
        f"x{number[:6]}-{number[6:]}y",
        f"77{number}",
        f"{number}2024",
        f"{number[:6]}  {number[6:]}",
        f"{number[:2]}.{number[2:4]}.{number[4:6]} {number[6:]}",
        f"{number[:2]}/{number[2:4]}/{number[4:6]}-{number[6:]}",
        *(f"{number[:6]}{gap}{number[6:]}" for gap in ("_", "/", "–", "\u00a0")),
        f"kl. 12 {number[:6]}-{number[6:]}",
        synthetic_id(date(1985, 5, 7))[1:],
        f" {synthetic_id(date(1985, 5, 7))[1:]} ",
    ]
    clean = [None, "", "k-1", "00000000-1234-4abc-9def-0123456789ab", number[:10], "20240305120000"]
    # A zero is lost where a number was the whole value, not inside a text.
    clean += [f"k-{synthetic_id(date(1985, 5, 7))[1:]}", "2024-03-05 12:00:00", "1000000001"]
    texts = pl.Series([*holding, *clean], dtype=pl.String)
    found = identifiers.holds_national_id(texts).to_list()
    assert found == [True] * len(holding) + [False] * len(clean)


def test_a_text_that_holds_a_number_of_2032() -> None:
    today = synthetic_id(date(1985, 5, 17))
    newer = next(n for n in _with_other_control_digits(today[:9]) if not _check_digits_hold(n))
    texts = pl.Series([newer, f"besok-{newer}", today, "k-1"])
    assert identifiers.holds_national_id(texts).to_list() == [False, False, True, False]
    found = identifiers.holds_national_id(texts, from_2032=True).to_list()
    assert found == [True, True, True, False]


def _with_other_control_digits(nine: str) -> Iterator[str]:
    """Numbers of 2032 that begin so: any pair of digits that holds then."""
    for last in range(100):
        number = f"{nine}{last:02}"
        sums = identifiers.control_sums(pl.lit(int(number)))
        if pl.select(identifiers.control_digits_hold(sums, from_2032=True)).item():
            yield number


@given(st.lists(st.none() | st.text(max_size=40), max_size=5))
def test_any_text_is_answered(texts: list[str | None]) -> None:
    assert len(identifiers.holds_national_id(pl.Series(texts, dtype=pl.String))) == len(texts)


def test_a_lost_zero_is_put_back() -> None:
    frame = pl.DataFrame({"t": ["1810112345", "11810112345", None]})
    assert frame.select(identifiers.padded(col("t"))).to_series().to_list() == [
        "01810112345",
        "11810112345",
        None,
    ]


_EPOCH = date(1970, 1, 1)


@given(_BIRTHDAYS, st.integers(0, 20), st.sampled_from([0, 40]), st.sampled_from([0, 65, 80]))
def test_birth_date_and_sex_are_read_as_the_oracle_reads_them(
    born: date, serial: int, day_plus: int, month_plus: int
) -> None:
    number = synthetic_id(born, serial, day_plus=day_plus, month_plus=month_plus)
    plain = synthetic_id(born, serial, month_plus=0)
    newest, other = identifiers.birth_dates(col("n"))
    later, earlier = identifiers.birth_dates(col("n"), from_2032=True)
    read = pl.DataFrame({"n": [int(number)]}).select(
        newest=newest, other=other, later=later, earlier=earlier, sex=identifiers.sex_of(col("n"))
    )
    days = (born - _EPOCH).days
    row = read.row(0, named=True)
    assert row["newest"] == days
    # An individual number from 0 or 500 on is not in a series that was moved, up to 99.
    assert row["other"] is None
    assert row["later" if born.year >= 2000 else "earlier"] == days
    assert row["sex"] == ("1" if int(number[8]) % 2 else "2")
    assert fodselsnummer.get_birth_date(plain) == born


def _dates(number: str, *, from_2032: bool = False) -> list[date]:
    """Return the possible birth dates of eleven digits."""
    columns = identifiers.birth_dates(col("n"), from_2032=from_2032)
    row = pl.DataFrame({"n": [int(number)]}).select(a=columns[0], b=columns[1]).row(0)
    return [_EPOCH + timedelta(day) for day in row if day is not None]


@pytest.mark.parametrize("month_plus", [0, 40, 65, 80])
def test_d_numbers_of_a_moved_series_leave_two_dates(month_plus: int) -> None:
    head = f"41{1 + month_plus:02}18"
    assert _dates(f"{head}19900") == [date(1918, 1, 1)]
    assert _dates(f"{head}20000") == [date(2018, 1, 1), date(1918, 1, 1)]
    assert _dates(f"{head}49900") == [date(2018, 1, 1), date(1918, 1, 1)]
    assert _dates(f"{head}50000") == [date(2018, 1, 1)]
    old = f"41{1 + month_plus:02}75"
    assert _dates(f"{old}59900") == [date(1875, 1, 1)]
    assert _dates(f"{old}60000") == [date(1975, 1, 1), date(1875, 1, 1)]
    assert _dates(f"{old}74900") == [date(1975, 1, 1), date(1875, 1, 1)]
    assert _dates(f"{old}75000") == [date(1975, 1, 1)]


@pytest.mark.parametrize(
    ("number", "dates"),
    [
        ("29020050000", [date(2000, 2, 29)]),
        ("29020000000", []),  # 1900 was a common year
        ("29020450000", [date(2004, 2, 29)]),
        ("29020150000", []),
        ("29029900000", []),
        ("29029600000", [date(1996, 2, 29)]),
        ("28020150000", [date(2001, 2, 28)]),
        ("01030150000", [date(2001, 3, 1)]),
        # The leap day of one century only.
        ("69020020000", [date(2000, 2, 29)]),
        ("69020420000", [date(2004, 2, 29), date(1904, 2, 29)]),
        ("31129999900", [date(1999, 12, 31)]),
        ("01017474900", [date(1874, 1, 1)]),
        ("01014050000", []),
        ("17054560000", []),
        ("80000000000", []),
    ],
)
def test_dates_that_exist(number: str, dates: list[date]) -> None:
    assert _dates(number) == dates


@given(
    st.dates(date(1900, 1, 1), date(2039, 12, 31)),
    st.integers(0, 999),
    st.sampled_from([0, 40]),
    st.sampled_from([0, 65, 80]),
)
def test_the_dates_follow_the_table_of_birth_years(
    born: date, individual: int, day_plus: int, month_plus: int
) -> None:
    head = f"{born.day + day_plus:02}{born.month + month_plus:02}{born:%y}"
    kind = IdKind.DNR if day_plus else IdKind.FNR
    years = possible_years(kind, born.year % 100, individual)
    found = _dates(f"{head}{individual:03}00")
    leap_day = (born.month, born.day) == (2, 29)
    assert found == [born.replace(year=y) for y in years if not leap_day or isleap(y)]


def test_no_century_is_read_from_a_number_of_2032() -> None:
    assert _dates("17050120000", from_2032=True) == [date(2001, 5, 17), date(1901, 5, 17)]
    assert _dates("29020020000", from_2032=True) == [date(2000, 2, 29)]
    assert _dates("29020120000", from_2032=True) == []


@pytest.mark.parametrize(
    ("text", "last_year", "is_one"),
    [
        ("202400000012", 2024, True),
        ("202500000012", 2024, False),
        ("209900000012", 2024, False),
        ("190000000001", 2024, True),
        ("189900000001", 2024, False),
        ("202400000000", 2024, False),
        ("201999999999", 2024, False),
        ("20240000001", 2024, False),
        ("٢٠٢٤٠٠٠٠٠٠١٢", 2024, False),
        ("2024_0000012", 2024, False),
    ],
)
def test_duf_numbers(text: str, last_year: int, is_one: bool) -> None:  # noqa: FBT001
    found = pl.DataFrame({"t": [text]}).select(identifiers.is_duf(col("t"), pl.lit(last_year)))
    assert found.item() is is_one


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        *((text, False) for text in ("0", "00", "00000000000", " 000 ", "0-0", "-", ".", "_")),
        ("00000000-0000-0000-0000-000000000000", False),
        *((text, False) for text in ("999", "999999999", "99999999999", "")),
        *((text, True) for text in ("9", "99", "1000", "0001", "p-0", "998", "9990", "k-999")),
    ],
)
def test_a_placeholder_is_no_identity(text: str, kept: bool) -> None:  # noqa: FBT001
    found = pl.DataFrame({"t": [text]}).select(identifiers.identity(col("t"), nines=3)).item()
    assert found == (text.strip() if kept else None)


@given(st.integers(0, 10**11 - 1))
def test_the_control_digits_of_2032_take_in_todays(number: int) -> None:
    sums = identifiers.control_sums(col("n"))
    today, then = (
        pl.DataFrame({"n": [number]}).select(identifiers.control_digits_hold(sums, from_2032=new))
        for new in (False, True)
    )
    assert then.item() or not today.item()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("01410012345", True),
        ("31520012345", True),
        ("29420112345", True),
        ("30420012345", False),
        ("31440012345", False),
        ("32410012345", False),
        ("00410012345", False),
        ("01530012345", False),
        ("01010012345", False),
        ("0141001234", False),
        ("٠١٤١٠٠١٢٣٤٥", False),
    ],
)
def test_h_numbers(text: str, is_one: bool) -> None:  # noqa: FBT001 - an expectation
    assert pl.DataFrame({"t": [text]}).select(identifiers.is_h_number(col("t"))).item() is is_one


def test_the_work_for_a_text_grows_with_its_length_at_most() -> None:
    short, long = (pl.Series([digit * 12 * times]) for digit, times in (("1", 1), ("1", 16)))
    assert _python_calls(long) <= 2 * _python_calls(short)


def test_a_text_longer_than_an_id_is_not_searched() -> None:
    number = synthetic_id(date(1985, 5, 17))
    longest = "k" * (MAX_SEARCHED_BYTES - len(number)) + number
    texts = pl.Series([longest, f"k{longest}", "ø" * (MAX_SEARCHED_BYTES // 2) + number])
    assert identifiers.holds_national_id(texts).to_list() == [True, False, False]


def test_no_number_is_read_over_the_end_of_a_text() -> None:
    number = synthetic_id(date(1985, 5, 17))
    halves = [f"00000000000{number[:6]}", f"{number[6:]}00000000000"]
    assert identifiers.holds_national_id(pl.Series(halves)).to_list() == [False, False]


def _python_calls(texts: pl.Series) -> int:
    """Calls of Python functions: a measure of work that no other process disturbs."""
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"

    identifiers.make_tables()
    sys.setprofile(count)
    try:
        identifiers.holds_national_id(texts)
    finally:
        sys.setprofile(None)
    return calls
