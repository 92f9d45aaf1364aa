"""Every old code is carried forward as the table of changes says."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars import col

from kpr_stream.reference import load_reference
from kpr_stream.reference.current import current_districts, problems, reached
from kpr_stream.reference.validity import FOREVER

REFERENCE = load_reference()
CURRENT = REFERENCE.current_municipalities
STILL_VALID = set(
    REFERENCE.municipalities.filter(col("valid_to") == FOREVER).get_column("code").to_list()
)
AMBIGUOUS = {"0720", "1504", "1507", "1523", "1529", "1534", "1546", "1613", "1850", "5012"}
"""The codes that KLASS's changes lead to several current ones."""


def _days(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def _became(code: str) -> set[tuple[str, str]]:
    found = CURRENT.filter(col("code") == code).select("current_code", "found_by")
    return set(found.iter_rows())


def _carried(code: str) -> set[str]:
    """The changes applied in the order of their days, one after the other: a second opinion."""
    held = {code}
    changes = REFERENCE.municipality_changes.sort("change_date")
    for _, same_day in changes.group_by("change_date", maintain_order=True):
        became: dict[str, set[str]] = {}
        for old, new in same_day.select("old_code", "new_code").iter_rows():
            became.setdefault(old, set()).add(new)
        held = {after for before in held for after in became.get(before, {before})}
    return held


def test_every_historic_code_carries_forward_as_the_changes_say() -> None:
    codes = REFERENCE.municipalities.get_column("code").to_list()
    assert len(codes) == 838
    for code in codes:
        carried = _carried(code)
        assert carried <= STILL_VALID, code
        found = {current for current, _ in _became(code)}
        assert found <= carried, code
        assert found == carried or {how for _, how in _became(code)} == {"border"}, code
    assert set(CURRENT.get_column("current_code")) >= STILL_VALID


def test_only_divided_codes_are_uncertain() -> None:
    assert {c for c in REFERENCE.municipalities["code"] if len(_carried(c)) > 1} == AMBIGUOUS
    undecided = set(CURRENT.filter(col("found_by") == "undecided").get_column("code"))
    assert undecided == {"0720", "1507", "1613", "1850", "5012"}
    border = CURRENT.filter(col("found_by") == "border").select("code", "current_code")
    assert dict(border.iter_rows()) == {
        **dict.fromkeys(["1504", "1523", "1529", "1546"], "1508"),
        "1534": "1580",
    }


@pytest.mark.parametrize(
    ("code", "became"),
    [
        ("0301", {("0301", "code")}),
        ("1103", {("1103", "code")}),
        ("1601", {("5001", "change")}),
        ("0106", {("3107", "change")}),
        ("1507", {("1508", "undecided"), ("1580", "undecided")}),
        ("1850", {("1806", "undecided"), ("1875", "undecided")}),
        ("2111", {("2111", "code")}),
        ("9999", {("9999", "code")}),
    ],
)
def test_some_codes(code: str, became: set[tuple[str, str]]) -> None:
    assert _became(code) == became


def test_districts_of_cities_that_changed_their_code() -> None:
    districts = REFERENCE.all_districts
    today = {code: rest for code, *rest in current_districts(districts, CURRENT).iter_rows()}
    assert len(today) == districts.height
    assert today["120103"] == ["460103", "4601"]
    assert today["160104"] == ["500104", "5001"]
    assert today["030199"] == ["030199", "0301"]
    assert today["120199"] == ["460199", "4601"]
    assert all(current is not None for current, _ in today.values())


def test_a_city_with_districts_has_an_unknown_one_as_long_as_it_has_them() -> None:
    unknown = REFERENCE.all_districts.filter(col("unknown"))
    assert sorted(unknown["code"]) == ["030199", "110399", "120199", "160199", "460199", "500199"]
    bergen = unknown.filter(col("code") == "120199").row(0, named=True)
    assert bergen["valid_to"] == _days("2020-01-01")


def test_no_chain_of_changes_is_endless() -> None:
    assert reached({"a": ["b"], "b": ["a"]}, "a") == ()
    assert reached({"a": ["b", "c"], "b": ["c"]}, "a") == ("c",)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"new_code": "9998"}, []),  # no such code: the check of references tells it
        ({"change_date": "2019-12-31"}, ["changes on a day on which it does not end"]),
        ({"new_code": "1850"}, ["becomes 1850, not valid on that day"]),
    ],
)
def test_a_wrong_change_is_reported(change: dict[str, str], expected: list[str]) -> None:
    changes = REFERENCE.municipality_changes
    wrong = col("old_code") == "0106"
    damaged = changes.with_columns(
        pl.when(wrong).then(pl.lit(value)).otherwise(col(name)).alias(name)
        for name, value in change.items()
    )
    assert problems(REFERENCE.municipalities, changes) == []
    found = problems(REFERENCE.municipalities, damaged)
    for words in expected:
        assert any(words in problem for problem in found)


def test_a_missing_change_is_reported() -> None:
    (new,) = REFERENCE.municipality_changes.filter(col("old_code") == "0106")["new_code"]
    without = REFERENCE.municipality_changes.filter(col("old_code") != new)
    found = problems(REFERENCE.municipalities, without)
    assert f"kommuner.csv: {new} has ended and has no successor" in found
    assert "kommune_changes.csv: 0106 does not reach a code still valid" in found
