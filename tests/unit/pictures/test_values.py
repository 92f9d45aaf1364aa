"""Numbers as Grafana writes them, their colours, and the rows of tables."""

from __future__ import annotations

from typing import Any

import pytest

from tools.pictures.frames import joined, table_rows
from tools.pictures.values import colour_of, mapped, written

STEPS: list[dict[str, Any]] = [
    {"value": None, "color": "green"},
    {"value": 1, "color": "orange"},
    {"value": 10, "color": "red"},
]


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (None, "short", None, ""),
        ("Oslo", "short", None, "Oslo"),
        (float("nan"), "s", None, "no data"),
        (0.0, "s", None, "0 s"),
        (0.25, "s", None, "250 ms"),
        (90.0, "s", None, "1.5 min"),
        (259_200.0, "s", None, "3 days"),
        (0.0123, "percentunit", 2, "1.23 %"),
        (2_048.0, "bytes", None, "2 KiB"),
        (12.0, "bytes", None, "12 B"),
        (3.5, "suffix: /s", None, "3.5 /s"),
        (123_456.0, "short", None, "123 K"),
        (7.0, "short", None, "7"),
        (7.04, "short", 0, "7"),
    ],
)
def test_a_value_is_written_with_its_unit(
    value: float | str | None, unit: str, decimals: int | None, text: str
) -> None:
    assert written(value, unit, decimals) == text


@pytest.mark.parametrize(
    ("value", "colour"), [(0.0, "green"), (1.0, "orange"), (9.9, "orange"), (10.0, "red")]
)
def test_the_last_threshold_that_is_reached_gives_the_colour(value: float, colour: str) -> None:
    assert colour_of(value, STEPS) == colour


def test_a_mapping_gives_text_and_colour() -> None:
    mappings = [{"type": "value", "options": {"2": {"text": "silent", "color": "orange"}}}]
    assert mapped(2.0, mappings) == ("silent", "orange")
    assert mapped(3.0, mappings) is None


def _one(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [0, value]}


def test_series_with_the_same_labels_are_one_row() -> None:
    rows = joined({"A": [_one("1", unit="a"), _one("2", unit="b")], "B": [_one("5", unit="b")]})
    assert rows == [
        {"unit": "a", "Value #A": 1.0},
        {"unit": "b", "Value #A": 2.0, "Value #B": 5.0},
    ]


def test_a_table_has_its_names_and_its_order() -> None:
    panel = {
        "transformations": [
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"system": True},
                    "renameByName": {"unit": "Unit", "Value": "Late"},
                },
            },
        ],
        "options": {"sortBy": [{"displayName": "Late", "desc": True}]},
    }
    answers = {"A": [_one("1", unit="a", system="x"), _one("2", unit="b", system="x")]}
    assert table_rows(panel, answers) == [
        {"Unit": "b", "Late": 2.0},
        {"Unit": "a", "Late": 1.0},
    ]
