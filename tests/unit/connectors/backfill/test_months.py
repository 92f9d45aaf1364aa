from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kpr_stream.connectors.backfill.months import HistoryMonths, LiveDocuments, history_of, months
from kpr_stream.connectors.source.interface import Document, DocumentSeries, Pending
from kpr_stream.errors import UsageError


def unopened() -> Document:
    raise AssertionError


def pending(number: int, period: str) -> Pending:
    name = f"{number:06}_HST_Konsultasjon_{period}_20260201T040000Z.json"
    return Pending(name, unopened, Path("a") / name)


def series(*found: Pending) -> DocumentSeries:
    return DocumentSeries(found, "1")


HISTORY = HistoryMonths(date(2017, 1, 1), date(2017, 12, 31))


def test_months_are_sent_oldest_first_and_a_series_keeps_its_order_in_each() -> None:
    late, other = pending(1, "2017-02"), pending(2, "2017-01")
    first, again = pending(3, "2017-01-05"), pending(7, "2017-01")
    found = months([series(late, first), series(other, again)], HISTORY)
    assert [(m.first.month, [one.shown for one in m.pending]) for m in found] == [
        (1, [first.shown, other.shown, again.shown]),
        (2, [late.shown]),
    ]


def test_all_months_of_a_series_know_which_of_its_units_failed() -> None:
    one, other = months([series(pending(1, "2017-01"), pending(2, "2017-02"))], HISTORY)
    one.series[0].failed.add("800000009")
    assert other.series[0].failed == {"800000009"}


def test_what_is_newer_is_live_and_what_is_older_is_neither() -> None:
    unnamed = Pending("x.json", unopened, Path("x.json"))
    made = Pending("of a program", unopened)
    snapshot = Pending("s", unopened, Path("000009_FHIR_2018-01-01--2018-02-01_20260201T040000Z"))
    old, history, live = (pending(n, f"{2015 + n}-12") for n in (1, 2, 3))

    class Source:
        kind = "a test"

        def series(self) -> list[DocumentSeries]:
            return [series(old, history, live, unnamed, made, snapshot)]

    (found,) = LiveDocuments(Source(), HISTORY).series()
    assert found.pending == (live, unnamed, made, snapshot)
    (month,) = months(Source().series(), HISTORY)
    assert month.pending == [history]


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2017-01", None, (date(2017, 1, 1), date(2026, 2, 28))),
        ("2017-01", "2017-01", (date(2017, 1, 1), date(2017, 1, 31))),
        ("2017-03", "2020-12", (date(2017, 3, 1), date(2020, 12, 31))),
    ],
)
def test_a_history_is_whole_months(first: str, last: str | None, days: tuple[date, date]) -> None:
    found = history_of(first, last, today=date(2026, 3, 5))
    assert (found.first, found.last) == days


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2017", None),
        ("2017-13", None),
        ("2017-1", None),
        ("2017-02", "2017-01"),
        ("0000-01", None),
    ],
)
def test_what_is_no_history_is_refused(first: str, last: str | None) -> None:
    with pytest.raises(UsageError):
        history_of(first, last, today=date(2026, 3, 5))
