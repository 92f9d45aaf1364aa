"""Write alerts and recorded expressions as the YAML that Prometheus reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tools.alerts.alert import Alert, Group, Recorded
from tools.alerts.durations import scaled, scaled_expression
from tools.alerts.table import ALERTS, RECORDED

RUNBOOKS: Final = "docs/operate/runbooks/"
"""Where the pages are. An installation gives the address at which people read them."""
HEAD: Final = "# Made by `python -m tools.prometheus_rules`. Change tools/alerts/ instead.\n"


def rules(group: Group, *, scale: int = 1, runbooks: str = RUNBOOKS) -> str:
    """Return the file of one group. All times are divided by ``scale``."""
    lines = [HEAD + "groups:", f"  - name: kpr-{group}", "    rules:"]
    for recorded in RECORDED:
        if recorded.group is group:
            lines += _recorded(recorded, scale)
    for alert in ALERTS:
        if alert.group is group:
            lines += _alert(alert, scale, runbooks)
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text as a YAML string on one line."""
    return json.dumps(text, ensure_ascii=False)


def texts_of(alert: Alert, runbooks: str = RUNBOOKS) -> dict[str, str]:
    """Return what an alert says."""
    return {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{runbooks}{alert.name}.md",
    }


def _recorded(one: Recorded, scale: int) -> Iterator[str]:
    yield f"      - record: {one.name}"
    yield from _expression(one.expression, scale)
    if one.labels:
        yield "        labels:"
        yield from (f"          {name}: {quoted(value)}" for name, value in one.labels)


def _alert(one: Alert, scale: int, runbooks: str) -> Iterator[str]:
    yield f"      - alert: {one.name}"
    yield from _expression(one.expression, scale)
    yield f"        for: {scaled(one.lasts, scale)}"
    yield "        labels:"
    yield f"          severity: {one.severity}"
    yield "        annotations:"
    yield from (
        f"          {name}: {quoted(text)}" for name, text in texts_of(one, runbooks).items()
    )


def _expression(text: str, scale: int) -> Iterator[str]:
    yield "        expr: |-"
    yield from (f"          {line}" for line in scaled_expression(text, scale).splitlines())
