"""Variables: what the reader chooses at the top of a dashboard."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import (
    ConstantVariable,
    CustomVariable,
    DatasourceVariable,
    QueryVariable,
)
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import (
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from kpr_stream.model.words import SYSTEMS

SOURCE: Final = DataSourceRef("prometheus", "${datasource}")
RUNBOOKS: Final = "https://kpr-stream.example/operate/runbooks"
"""Where the folder `docs/operate/runbooks` is served. An installation gives its own address."""

_CLASSIC_QUERY: Final = 5
"""Grafana's number for a query of variables that is plain text."""
_ALL: Final = VariableOption(selected=True, text=["All"], value=["$__all"])


def datasource() -> DatasourceVariable:
    """Return the choice of the Prometheus server."""
    return DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def runbooks(url: str) -> ConstantVariable:
    """Return the hidden address of the runbooks."""
    return ConstantVariable("runbooks").label("Runbooks").value(url)


def system() -> CustomVariable:
    """Return the choice of systems. Their list is closed, so no query can leave it empty."""
    return _systems().multi(True).include_all(True).all_value(".*").current(_ALL)


def one_system() -> CustomVariable:
    """Return the choice of one system."""
    first = SYSTEMS[0].value
    return _systems().current(VariableOption(selected=True, text=first, value=first))


def municipality() -> QueryVariable:
    """Return the choice of municipalities: names are shown, codes are used."""
    expr = 'count by (municipality, municipality_name) (kpr_unit_info{system=~"$system"})'
    return _several("municipality", "Municipality", f"query_result({expr})").regex(
        '/municipality="(?<value>[^"]+)|municipality_name="(?<text>[^"]+)/g'
    )


def unit() -> QueryVariable:
    """Return the choice of units by org number, in the chosen municipalities."""
    where = 'system=~"$system", municipality=~"$municipality"'
    return _several("unit", "Unit", f"label_values(kpr_unit_info{{{where}}}, org_nr)")


def release() -> QueryVariable:
    """Return the choice of EPJ releases."""
    return _several(
        *("release", "Release"),
        'label_values(kpr_release_items_total{system=~"$system"}, software_version)',
    )


def _systems() -> CustomVariable:
    return CustomVariable("system").label("System").values(",".join(SYSTEMS))


def _several(name: str, label: str, text: str) -> QueryVariable:
    return (
        QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"qryType": _CLASSIC_QUERY, "query": text, "refId": f"variable-{name}"})
        .definition(text)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(_ALL)
    )
