"""A bar chart is valid, the same each time, and as long as its values say."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.charts.bars import MOST_TICKS, RIGHT, WIDTH, Bar, Chart, drawn

SVG = "{http://www.w3.org/2000/svg}"


def chart(*bars: Bar) -> Chart:
    return Chart(title="Speed <of> parts", unit="items & rows", bars=bars)


def read(of: Chart) -> ET.Element:
    return ET.fromstring(drawn(of))  # noqa: S314 - our own drawing


def lengths(of: Chart, *classes: str) -> list[float]:
    found = read(of).iter(f"{SVG}rect")
    return [float(one.attrib["width"]) for one in found if one.attrib["class"] in classes]


def texts(of: Chart) -> list[str]:
    return [one.text or "" for one in read(of).iter(f"{SVG}text")]


def test_bars_are_as_long_as_their_values() -> None:
    whole, half, none = lengths(
        chart(
            Bar(label="a", value=80_000.0),
            Bar(label="b", value=40_000.0),
            Bar(label="c", value=0.0),
        ),
        "bar",
    )
    assert whole == pytest.approx(2 * half, abs=0.1)
    assert none == 0


def test_ours_are_another_class_and_each_has_label_and_figure() -> None:
    bars = chart(
        Bar(label="loop", value=45_623.0), Bar(label="worker", value=9.25, note="(0.2)", ours=True)
    )
    assert (len(lengths(bars, "bar")), len(lengths(bars, "ours"))) == (1, 1)
    assert {"loop", "45,623", "worker", "9.2 (0.2)"} <= set(texts(bars))


def test_a_goal_beyond_every_bar_is_inside_the_chart_and_explained() -> None:
    bars = chart(Bar(label="a", value=10.0, goal=30.0))
    (mark,) = [p for p in read(bars).iter(f"{SVG}path") if p.attrib["class"] == "goal"]
    at = float(mark.attrib["d"].partition(" ")[0].removeprefix("M"))
    assert at == pytest.approx(WIDTH - RIGHT, abs=0.1)
    assert any("the line is the goal" in text for text in texts(bars))
    assert not any("goal" in text for text in texts(chart(Bar(label="a", value=10.0))))


def test_title_and_values_are_readable_without_the_picture() -> None:
    root = read(chart(Bar(label="a & b", value=1.0)))
    spoken = {one.attrib["id"]: one.text for one in root if "id" in one.attrib}
    assert spoken == {"title": "Speed <of> parts", "desc": "items & rows. a & b: 1."}


def test_a_chart_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="without a value"):
        drawn(chart(Bar(label="a", value=0.0)))


@given(st.lists(st.floats(0.01, 1e9), min_size=1, max_size=8))
def test_every_chart_has_few_grid_lines_and_no_bar_outside(values: list[float]) -> None:
    bars = chart(*(Bar(label=f"part {n}", value=value) for n, value in enumerate(values)))
    grid = [p for p in read(bars).iter(f"{SVG}path") if p.attrib["class"] == "grid"]
    assert 2 <= len(grid) <= MOST_TICKS
    for one in read(bars).iter(f"{SVG}rect"):
        if one.attrib["class"] == "bar":
            assert float(one.attrib["x"]) + float(one.attrib["width"]) <= WIDTH - RIGHT + 0.1
    assert drawn(bars) == drawn(bars)
