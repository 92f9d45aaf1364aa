"""Rules for one panel, modelled on Grafana's dashboard-linter and stricter. Each yields faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from deploy.grafana.parts.links import TITLES
from tests.support.repository import ROOT
from tests.unit.grafana.reading import (
    WINDOW,
    Read,
    columns,
    defaults,
    expressions,
    overrides,
)

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
WINDOWS: Final = {"$__rate_interval", "$__range"}
PAGES: Final = ROOT / "docs" / "operate" / "runbooks"
RUNBOOK: Final = re.compile(r"\$\{runbooks\}/(\w+\.md)")
STEPS: Final = {"merge", "organize", "sortBy"}
KINDS: Final = {"stat", "table", "timeseries", "bargauge", "state-timeline"}
UNBOUNDED: Final = {
    *("org_nr", "municipality", "municipality_name", "rule", "cause", "software_version"),
}
"""Labels with too many values for lines."""
_COUNTED: Final = ("_total", "_bucket", "_count", "_sum")


def title_is_a_question(panel: Read) -> Iterator[str]:
    """Ask one thing, so that a reader knows what the answer is about."""
    if not re.fullmatch(r"[A-Z][^?]{8,60}\?", panel["title"]):
        yield "the title is no question, or it is too long"


def title_fits(panel: Read) -> Iterator[str]:
    """Grafana cuts a title that is wider than its panel."""
    if len(panel["title"]) > 8 * panel["gridPos"]["w"]:
        yield "the title is wider than the panel"


def description_is_a_text(panel: Read) -> Iterator[str]:
    """Say what is counted and how to read it."""
    if not re.fullmatch(r"[A-Z].{38,}\.", panel.get("description", "")):
        yield "the description is no sentence"


def unit_is_set(panel: Read) -> Iterator[str]:
    """A number without a unit is read in the wrong one."""
    if not defaults(panel).get("unit"):
        yield "no unit"


def thresholds_are_set(panel: Read) -> Iterator[str]:
    """Say from which value on an answer is bad."""
    steps = defaults(panel).get("thresholds", {}).get("steps", [])
    if len(steps) < 2:
        yield "no thresholds"
        return
    values = [step["value"] for step in steps]
    if values[0] is not None or any(a >= b for a, b in pairwise(values[1:])):
        yield "the thresholds are not in order"


def source_is_the_variable(panel: Read) -> Iterator[str]:
    """A fixed data source would exist in one installation only."""
    asked = [panel, *panel["targets"]]
    if any(one.get("datasource") != SOURCE for one in asked):
        yield "the data source is not the variable"


def links_lead_on(panel: Read) -> Iterator[str]:
    """Link to a runbook and to another dashboard."""
    addresses = [link["url"] for link in panel.get("links", [])]
    runbooks = [found[1] for url in addresses if (found := RUNBOOK.fullmatch(url))]
    if not runbooks:
        yield "no link to a runbook"
    yield from (f"no runbook {name}" for name in runbooks if not (PAGES / name).exists())
    boards = [found[1] for url in addresses if (found := re.match(r"/d/([\w-]+)\?", url))]
    if not boards or set(boards) - TITLES.keys():
        yield "no link to another dashboard"


def windows_fit_the_step(panel: Read) -> Iterator[str]:
    """A fixed window misses samples when the reader shows a month."""
    for expr in expressions(panel):
        for function, metric, window in WINDOW.findall(expr):
            if window not in WINDOWS:
                yield f"{function}({metric}[{window}])"


def counters_are_rated(panel: Read) -> Iterator[str]:
    """A counter is read as a rate or an increase, and nothing else is."""
    for expr in expressions(panel):
        rated = {metric for name, metric, _ in WINDOW.findall(expr) if name in _RATES}
        for metric in set(re.findall(r"\b(?:kpr|process)_\w+", expr)):
            if (metric in rated) != metric.endswith(_COUNTED):
                yield f"{metric} is {'' if metric in rated else 'not '}rated"


def lines_are_few(panel: Read) -> Iterator[str]:
    """Lines are by a label with few values, or the greatest of them."""
    if panel["type"] != "timeseries":
        return
    if len(panel["targets"]) > 3:
        yield "more than three queries"
    for expr in expressions(panel):
        outer = re.match(r".*?\bby \(([^)]*)\)", expr)
        labels = {one.strip() for one in outer[1].split(",")} if outer else set()
        if labels & UNBOUNDED and not expr.startswith("topk(5,"):
            yield f"lines by {sorted(labels)}"


def steps_are_known(panel: Read) -> Iterator[str]:
    """Other kinds and transformations have no picture."""
    if panel["type"] not in KINDS:
        yield f"kind {panel['type']}"
    for step in panel.get("transformations", []):
        if step["id"] not in STEPS:
            yield f"transformation {step['id']}"


def columns_exist(panel: Read) -> Iterator[str]:
    """An override of a column that is not there changes nothing."""
    if panel["type"] != "table":
        return
    there = columns(panel)
    if len(set(there)) != len(there) or not there:
        yield "columns have the same name"
    for field, _ in overrides(panel):
        if field not in there:
            yield f"no column {field}"
    for one in panel["options"].get("sortBy", []):
        if one["displayName"] not in there:
            yield f"sorted by {one['displayName']}"


def legends_name_labels(panel: Read) -> Iterator[str]:
    """A legend of a label that the query drops is empty."""
    for target in panel["targets"]:
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            if not re.search(rf"\((?:[^()]*\W)?{label}\b", target["expr"]):
                yield f"no label {label}"


_RATES: Final = {"rate", "increase"}

RULES: Final[tuple[Callable[[Read], Iterator[str]], ...]] = (
    title_is_a_question,
    title_fits,
    description_is_a_text,
    unit_is_set,
    thresholds_are_set,
    source_is_the_variable,
    links_lead_on,
    windows_fit_the_step,
    counters_are_rated,
    lines_are_few,
    steps_are_known,
    columns_exist,
    legends_name_labels,
)
