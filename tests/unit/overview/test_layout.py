"""What a terminal shows: within 80 columns, colours only where there are, no control codes."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from kpr_stream.overview.as_json import as_object
from kpr_stream.overview.facts import Overview
from kpr_stream.overview.gather import gather
from kpr_stream.overview.layout import MOST_TROUBLES, age, draw
from kpr_stream.overview.samples import Samples
from kpr_stream.overview.troubles import AlertName, Trouble
from tests.support.installation import BLOCKED, HEARD, NEVER, SILENT, Installation

UNITS = (HEARD, SILENT, NEVER, BLOCKED)
TROUBLED = gather(
    Installation(units=UNITS, seconds=10, away=["worker-2", "identity"]).samples(),
    Installation(units=UNITS).samples(),
)


def shown(facts: Overview, *, width: int = 80, color: bool = False) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=color, no_color=not color).print(draw(facts))
    return out.getvalue()


def test_the_troubles_come_first_with_the_page_to_read() -> None:
    lines = shown(TROUBLED).splitlines()
    assert "6 of 7 processes" not in lines[0]
    assert "5 of 7 processes answer" in lines[0]
    assert lines[1] == "Wrong now: 7. What to do: docs/operate/runbooks/NAME.md"
    assert lines[3].startswith("LaneUnowned")


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_window_and_nothing_that_matters_is_cut(width: int) -> None:
    text = shown(TROUBLED, width=width)
    assert max(map(len, text.splitlines())) <= width
    for word in ("helseplattformen", "DIGEST_MISMATCH", BLOCKED.org_nr, "never heard", "quarant."):
        assert word in text


def test_only_a_terminal_gets_colours() -> None:
    assert "\x1b" not in shown(TROUBLED)
    assert "\x1b[1;31m" in shown(TROUBLED, color=True)


def test_what_senders_write_moves_no_cursor() -> None:
    evil = Trouble(alert=AlertName.RELEASE_STOPPED, what="eg-infodoc \x1b[2J\r7.1 is stopped")
    assert "\x1b" not in shown(replace(TROUBLED, troubles=(evil,)))
    assert "eg-infodoc ?[2J?7.1" in shown(replace(TROUBLED, troubles=(evil,)))


def test_square_brackets_are_no_markup() -> None:
    one = Trouble(alert=AlertName.RELEASE_STOPPED, what="[bold]x[/] is stopped")
    assert "[bold]x[/] is stopped" in shown(replace(TROUBLED, troubles=(one,)))


def test_more_troubles_than_fit_are_counted() -> None:
    one = Trouble(alert=AlertName.UNIT_BLOCKED, what="a unit")
    text = shown(replace(TROUBLED, troubles=(one,) * (MOST_TROUBLES + 5)))
    assert "and 5 more: see --once --json" in text


def test_where_nothing_is_listed_the_remedy_is_shown() -> None:
    text = shown(gather(Samples([], at=0.0)))
    assert "No process is listed here." in text
    assert "worker" not in text


def test_where_nothing_is_wrong_that_is_shown() -> None:
    well = gather(Installation(seconds=10).samples(), Installation().samples())
    assert "Nothing is wrong." in shown(well)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.2, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7_199, "120 min"),
        (7_200, "2 h"),
        (172_800, "2 d"),
    ],
)
def test_an_age_is_short(seconds: float | None, text: str) -> None:
    assert age(seconds) == text


def test_json_holds_everything_and_the_troubles_first() -> None:
    found = as_object(TROUBLED)
    assert next(iter(found)) == "troubles"
    assert found["troubles"][0] == {
        "alert": "LaneUnowned",
        "urgent": True,
        "what": "no worker has the lanes 4, 5, 6, 7",
        "since_s": None,
        "runbook": "docs/operate/runbooks/LaneUnowned.md",
    }
    assert found["at"] == "2026-03-04T12:00:10Z"
    assert [one["org_nr"] for one in found["units"]] == [one.org_nr for one in TROUBLED.units]
