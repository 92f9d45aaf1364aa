"""Columns of a table: several queries side by side, joined by the labels that they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from deploy.grafana.parts.colours import Steps, thresholds, value_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: the value of a query, or a label of one."""

    name: str
    query: str = ""
    label: str = ""
    unit: str = ""
    steps: Steps = ()
    """A column with thresholds has coloured cells."""
    texts: Mapping[int, tuple[str, str]] | None = None
    link: tuple[str, str] | None = None
    """Title and address of the link in each cell."""
    width: int | None = None
    decimals: int | None = None
    missing: str = ""


def transformations(
    columns: Sequence[Column], per_row: Sequence[str]
) -> list[DataTransformerConfig]:
    """Return the steps that join the queries' rows, and name and order the columns.

    Grafana calls the values of several queries `Value #A`, `Value #B`, ...; of one, `Value`.
    """
    source = dict(_sources(columns))
    shown = {one.label for one in columns if one.label}
    hidden = ["Time", *(label for label in per_row if label not in shown)]
    return [
        DataTransformerConfig("merge", options={}),
        DataTransformerConfig(
            "organize",
            options={
                "excludeByName": dict.fromkeys(hidden, True),
                "indexByName": {source[one.name]: place for place, one in enumerate(columns)},
                "renameByName": {source[one.name]: one.name for one in columns},
            },
        ),
    ]


def overrides(columns: Sequence[Column]) -> Iterator[tuple[str, list[DynamicConfigValue]]]:
    """Yield the properties of each column that has some."""
    for one in columns:
        properties = list(_properties(one))
        if properties:
            yield one.name, properties


def _sources(columns: Sequence[Column]) -> Iterator[tuple[str, str]]:
    queries = [one for one in columns if one.query]
    for place, one in enumerate(queries):
        yield one.name, f"Value #{chr(ord('A') + place)}" if len(queries) > 1 else "Value"
    for one in columns:
        if one.label:
            yield one.name, one.label


def _properties(one: Column) -> Iterator[DynamicConfigValue]:
    if one.unit:
        yield DynamicConfigValue("unit", one.unit)
    if one.decimals is not None:
        yield DynamicConfigValue("decimals", one.decimals)
    if one.missing:
        yield DynamicConfigValue("noValue", one.missing)
    if one.steps:
        yield DynamicConfigValue("thresholds", {"mode": "absolute", "steps": thresholds(one.steps)})
    if one.texts:
        yield DynamicConfigValue("mappings", value_texts(one.texts))
    if one.steps or one.texts:
        yield DynamicConfigValue(
            "custom.cellOptions", {"type": "color-background", "mode": "basic"}
        )
    if one.link:
        title, url = one.link
        yield DynamicConfigValue("links", [{"title": title, "url": url}])
    if one.width:
        yield DynamicConfigValue("custom.width", one.width)
