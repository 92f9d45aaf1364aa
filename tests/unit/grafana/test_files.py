"""The committed files are what their sources make, and Grafana finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from deploy.grafana.boards import FOLDER, files
from deploy.grafana.parts.links import TITLES
from tests.support.repository import ROOT
from tests.unit.grafana.reading import FILES, read

PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"


def test_every_file_is_up_to_date_and_none_is_left_over() -> None:
    made = files()
    assert set(made) == set(FILES)
    stale = [path.name for path, text in made.items() if path.read_text("utf-8") != text]
    assert stale == [], "run make pages"


def test_an_installation_gives_the_address_of_its_runbooks(tmp_path: Path) -> None:
    made = files(tmp_path, runbooks="https://runbooks.example")
    assert all('"query": "https://runbooks.example"' in text for text in made.values())
    assert {path.parent for path in made} == {tmp_path}


def test_the_dashboards_are_in_reading_order() -> None:
    titles = [read(path)["title"] for path in files()]
    assert titles == list(TITLES.values())
    assert [int(title[0]) for title in titles] == list(range(1, len(titles) + 1))


def test_grafana_finds_the_dashboards_and_its_source() -> None:
    (provider,) = _one("dashboards/kpr-stream.yaml")["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"].endswith(FOLDER.name)
    assert provider["disableDeletion"] is True
    (source,) = _one("datasources/prometheus.yaml")["datasources"]
    assert (source["type"], source["isDefault"]) == ("prometheus", True)


def _one(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROVISIONING / name).read_text("utf-8"))
    assert found["apiVersion"] == 1
    return found
