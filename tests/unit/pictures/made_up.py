"""Made-up answers to the queries of a panel: plausible series with the labels that it shows."""

from __future__ import annotations

import re
from math import sin
from typing import Any, Final

from kpr_stream.model.words import OUTCOMES, SYSTEMS
from tests.unit.grafana.reading import Read

END: Final = 1_770_000_000
STEP: Final = 60
POINTS: Final = 120
WORDS: Final = {
    "system": [one.value for one in SYSTEMS],
    "outcome": [one.value for one in OUTCOMES],
    "sink": ["content", "identity"],
    "severity": ["reject", "set_aside", "warn"],
    "kind": ["with_content", "empty", "refused"],
    "alertname": ["UnitSilent", "SinkBehind"],
}


def answers_of(panel: Read) -> dict[str, list[dict[str, Any]]]:
    """Return series for every query of a panel."""
    return {target["refId"]: _series(panel, target) for target in panel["targets"]}


def _series(panel: Read, target: Read) -> list[dict[str, Any]]:
    labels = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]) or _labels(panel)
    made = []
    for number in range(4 if labels else 1):
        metric = {label: WORDS.get(label, list("abcd"))[number % 2] for label in labels}
        metric |= {label: f"{metric[label]} {number}" for label in labels if label not in WORDS}
        made.append({"metric": metric, **_values(panel, target, number)})
    return made


def _labels(panel: Read) -> list[str]:
    for step in panel.get("transformations", []):
        names = step["options"].get("renameByName", {})
        if names:
            return [name for name in names if not name.startswith("Value")]
    return ["municipality", "municipality_name"] if panel.get("transformations") else []


def _values(panel: Read, target: Read, number: int) -> dict[str, Any]:
    state = "mappings" in panel["fieldConfig"]["defaults"]
    if not target["range"]:
        return {"value": [END, str(number - 1 if state else number * 1.7)]}
    times = [END - STEP * (POINTS - place) for place in range(POINTS)]
    high = [2 + number + sin(place / 9 + number) for place in range(POINTS)]
    if state:
        high = [float(number - 1)] * POINTS
    return {"values": [[at, str(value)] for at, value in zip(times, high, strict=True)]}
