"""Cases of alerts: series, and whether the alert fires, as `promtool test rules` reads them.

One file holds the cases of one group of rules and one evaluation interval: a case over weeks is
evaluated every six hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tools.alerts.alert import Alert, Group, Severity
from tools.alerts.render import HEAD, quoted, texts_of
from tools.alerts.table import ALERTS

OFTEN: Final = "1m"
SELDOM: Final = "6h"
_NAMES: Final = {OFTEN: "minutes", SELDOM: "weeks"}
_LABEL: Final = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
_VALUE: Final = re.compile(r"\{\{ \$value(?: \| \w+)? \}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An alert that fires, by its labels and by its value as its texts show it."""

    labels: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    severity: Severity | None = None
    """Which of the rules of that name; None where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Series in promtool's notation, and what of one alert fires at a time."""

    alert: str
    why: str
    series: Mapping[str, str]
    at: str
    fires: Sequence[Firing] = ()
    every: str = OFTEN


def case_files(cases: Iterable[Case]) -> dict[str, str]:
    """Return the test files of these cases, by name."""
    found: dict[tuple[Group, str], list[Case]] = {}
    for case in cases:
        found.setdefault((group_of(case.alert), case.every), []).append(case)
    return {
        f"{group}-{_NAMES[every]}.yml": _file(group, of_group, every)
        for (group, every), of_group in found.items()
    }


def group_of(name: str) -> Group:
    """Return the group of an alert."""
    return next(alert.group for alert in ALERTS if alert.name == name)


def rule_of(firing: Firing, name: str) -> Alert:
    """Return the rule that fires."""
    (found,) = (
        alert
        for alert in ALERTS
        if alert.name == name and firing.severity in (None, alert.severity)
    )
    return found


def shown(text: str, firing: Firing) -> str:
    """Return a text as Prometheus shows it for this alert."""
    named = _LABEL.sub(lambda m: firing.labels.get(m[1], ""), text)
    return _VALUE.sub(lambda _: firing.value, named)


def _file(group: Group, cases: Sequence[Case], every: str) -> str:
    lines = [HEAD + "rule_files:", f"  - ../rules/{group}.yml"]
    lines += [f"evaluation_interval: {every}", "tests:"]
    for case in cases:
        lines += _case(case)
    return "\n".join(lines) + "\n"


def _case(case: Case) -> Iterator[str]:
    yield f"  - name: {quoted(f'{case.alert}: {case.why}')}"
    yield f"    interval: {case.every}"
    yield "    input_series:" if case.series else "    input_series: []"
    for name, values in case.series.items():
        yield f"      - series: {quoted(name)}"
        yield f"        values: {quoted(values)}"
    yield "    alert_rule_test:"
    yield f"      - eval_time: {case.at}"
    yield f"        alertname: {case.alert}"
    yield "        exp_alerts:" if case.fires else "        exp_alerts: []"
    for firing in case.fires:
        yield from _firing(firing, rule_of(firing, case.alert))


def _firing(firing: Firing, rule: Alert) -> Iterator[str]:
    yield "          - exp_labels:"
    for name, value in {"severity": rule.severity.value, **firing.labels}.items():
        yield f"              {name}: {quoted(value)}"
    yield "            exp_annotations:"
    for name, text in texts_of(rule).items():
        yield f"              {name}: {quoted(shown(text, firing))}"
