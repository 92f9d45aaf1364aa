"""Rules for a whole dashboard. Each yields faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final

from deploy.grafana.parts.links import TAG, TITLES
from tests.unit.grafana.reading import (
    BUILT_IN,
    VARIABLE,
    Read,
    expressions,
    first_row,
    panels,
    query_of,
    variables,
)

WIDTH: Final = 24
MOST_PANELS: Final = 20
MOST_IN_FIRST_ROW: Final = 8
HIDDEN: Final = {"datasource", "runbooks"}


def frame_is_complete(board: Read) -> Iterator[str]:
    """Every dashboard has the same frame: its own address, Norwegian time, a refresh, the tag."""
    wanted = {
        "uid": board["uid"],
        "title": TITLES.get(board["uid"]),
        "tags": [TAG],
        "timezone": "Europe/Oslo",
        "editable": False,
        "refresh": "30s",
    }
    for key, value in wanted.items():
        if board.get(key) != value:
            yield f"{key} is {board.get(key)!r}"
    if not board.get("links"):
        yield "no links to the other dashboards"


def panels_do_not_overlap(board: Read) -> Iterator[str]:
    """Grafana moves panels that overlap, and the order is lost."""
    placed = [(panel["title"], panel["gridPos"]) for panel in board["panels"]]
    for title, at in placed:
        if at["x"] + at["w"] > WIDTH:
            yield f"{title} is outside"
    for (one, a), (other, b) in combinations(placed, 2):
        across = a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
        if across and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]:
            yield f"{one} lies over {other}"


def rows_are_full(board: Read) -> Iterator[str]:
    """Each row of panels reaches the right edge."""
    ends: dict[int, int] = {}
    for panel in board["panels"]:
        at = panel["gridPos"]
        for line in range(at["y"], at["y"] + at["h"]):
            ends[line] = ends.get(line, 0) + at["w"]
    if set(ends.values()) != {WIDTH}:
        yield f"rows are {sorted(set(ends.values()))} wide"


def wrong_comes_first(board: Read) -> Iterator[str]:
    """The first row says what is wrong now, in a few large numbers."""
    if board["panels"][0]["type"] != "row" or not first_row(board):
        yield "no first row"
    elif first_row(board)[0]["type"] != "stat":
        yield "the first row begins with no number"
    if len(first_row(board)) > MOST_IN_FIRST_ROW:
        yield "the first row is too long"
    if len(panels(board)) > MOST_PANELS:
        yield "too many panels"


def names_are_unique(board: Read) -> Iterator[str]:
    """A panel is found by its title and its id."""
    for key in ("title", "id"):
        values = [panel[key] for panel in board["panels"]]
        yield from (f"{key} {value!r} twice" for value in set(values) if values.count(value) > 1)


def variables_are_declared_and_used(board: Read) -> Iterator[str]:
    """A query with a variable that is not there finds nothing."""
    declared = variables(board)
    asked = [query_of(one) for one in declared.values()]
    asked += [expr for panel in panels(board) for expr in expressions(panel)]
    used = {name for text in asked for name in VARIABLE.findall(text)}
    used = {name for name in used if not BUILT_IN.fullmatch(name)}
    yield from (f"${name} is not declared" for name in used - declared.keys())
    yield from (f"${name} is not used" for name in declared.keys() - used - HIDDEN)
    if not declared.keys() >= HIDDEN:
        yield "no variable of the data source or of the runbooks"


def links_hand_over_what_is_chosen(board: Read) -> Iterator[str]:
    """A link names variables that its origin has."""
    declared = variables(board)
    for panel in panels(board):
        for link in panel["links"]:
            named = set(re.findall(r"\$\{(\w+):queryparam\}", link["url"]))
            yield from (f"{panel['title']} links ${name}" for name in named - declared.keys())
            if link["url"].startswith(f"/d/{board['uid']}?"):
                yield f"{panel['title']} leads nowhere else"


RULES: Final[tuple[Callable[[Read], Iterator[str]], ...]] = (
    frame_is_complete,
    panels_do_not_overlap,
    rows_are_full,
    wrong_comes_first,
    names_are_unique,
    variables_are_declared_and_used,
    links_hand_over_what_is_chosen,
)
