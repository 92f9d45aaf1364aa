"""The data contracts in the tool that others use, in an environment of its own.

The tool and what it needs are pinned in ``tools/datacontract/requirements.lock``: their versions
clash with those that the project itself needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpr_stream.home import stack_address, stored_login
from kpr_stream.settings import Settings
from tests.integration.analytics.conftest import AS_OF, SMALL, FilledDatabase
from tests.support.repository import ROOT
from tests.support.stack import one_stack
from tools.catalogue_turtle import FILE as CATALOGUE_FILE
from tools.contracts import DATABASE_FILE, TOPIC_FILE

LOCK = ROOT / "tools" / "datacontract" / "requirements.lock"
INSTALLING_S = 1200
CHECKING_S = 300
PARSE = """
import sys
from rdflib import Graph, Namespace
from rdflib.namespace import DCAT, DCTERMS, RDF
graph = Graph().parse(sys.argv[1], format="turtle")
mandatory = [DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.contactPoint, DCAT.theme]
for data_set in graph.subjects(RDF.type, DCAT.Dataset):
    for wanted in mandatory:
        assert list(graph.objects(data_set, wanted)), (data_set, wanted)
    print(data_set)
"""


def run(
    *command: str | Path, limit_s: float, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of the tool's environment."""
    folder = tmp_path_factory.mktemp("datacontract")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    options = ("--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps")
    done = run(python, "-m", "pip", "install", *options, "-r", LOCK, limit_s=INSTALLING_S)
    assert done.returncode == 0, done.stderr
    return folder / "bin"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A stack whose database holds a small nation, refreshed: a rule about rows has rows."""
    with one_stack(tmp_path_factory.mktemp("stack")) as settings:
        FilledDatabase(settings, tmp_path_factory.mktemp("nation") / "out", SMALL, AS_OF)
        yield settings


@pytest.mark.parametrize("path", [TOPIC_FILE, DATABASE_FILE], ids=lambda p: p.stem)
def test_a_contract_has_no_lint(tools: Path, path: Path) -> None:
    done = run(tools / "datacontract", "lint", path, limit_s=CHECKING_S)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_contract_with_a_mistake_has_lint(tools: Path, tmp_path: Path) -> None:
    broken = yaml.safe_load(TOPIC_FILE.read_text("utf-8"))
    del broken["id"]
    path = tmp_path / "broken.odcs.yaml"
    path.write_text(yaml.safe_dump(broken), "utf-8")
    done = run(tools / "datacontract", "lint", path, limit_s=CHECKING_S)
    assert done.returncode != 0


def at_home(stack: Settings, **changes: Any) -> dict[str, Any]:
    """The contract of the database, with the address of this stack."""
    contract: dict[str, Any] = yaml.safe_load(DATABASE_FILE.read_text("utf-8"))
    address, _, database = stack_address(stack, "postgres").partition("/")
    host, _, port = address.rpartition(":")
    place = {"host": host, "port": int(port), "database": database}
    contract["servers"] = [contract["servers"][0] | place]
    for name, kind in changes.items():
        for one in contract["schema"]:
            for field in one["properties"]:
                if field["name"] == name:
                    field["physicalType"] = kind
    return contract


def check(tools: Path, stack: Settings, contract: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Test a contract against the stack's database, as an analyst."""
    path, result = folder / "contract.odcs.yaml", folder / "result.json"
    path.write_text(yaml.safe_dump(contract, sort_keys=False), "utf-8")
    done = run(
        *(tools / "datacontract", "test", path, "--output", result, "--output-format", "json"),
        limit_s=CHECKING_S,
        DATACONTRACT_POSTGRES_USERNAME="analyst",
        DATACONTRACT_POSTGRES_PASSWORD=stored_login(
            stack, "postgres", "analyst"
        ).get_secret_value(),
    )
    assert result.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return found


def test_the_database_keeps_its_contract(tools: Path, stack: Settings, tmp_path: Path) -> None:
    found = check(tools, stack, at_home(stack), tmp_path)
    failed = [one for one in found["checks"] if one["result"] not in {"passed", "info"}]
    assert failed == []
    assert found["result"] == "passed"
    assert len(found["checks"]) > 100


def test_a_column_that_is_not_there_breaks_the_contract(
    tools: Path, stack: Settings, tmp_path: Path
) -> None:
    contract = at_home(stack)
    (rows,) = (one for one in contract["schema"] if one["name"] == "consultation")
    rows["properties"].append(
        {"name": "birth_date", "logicalType": "date", "physicalType": "date", "required": True}
    )
    found = check(tools, stack, contract, tmp_path)
    assert found["result"] in {"failed", "error"}
    wrong = [one for one in found["checks"] if one["result"] not in {"passed", "info"}]
    assert {one["field"] for one in wrong} == {"birth_date"}


def test_a_rule_about_rows_is_asked_of_rows(tools: Path, stack: Settings, tmp_path: Path) -> None:
    """The unit is no key: its rows repeat it."""
    contract = at_home(stack)
    (rows,) = (one for one in contract["schema"] if one["name"] == "consultation")
    (unit,) = (field for field in rows["properties"] if field["name"] == "org_nr")
    unit["quality"] = [{"type": "library", "metric": "duplicateValues", "mustBe": 0}]
    found = check(tools, stack, contract, tmp_path)
    wrong = [one for one in found["checks"] if one["result"] not in {"passed", "info"}]
    assert [one["field"] for one in wrong] == ["org_nr"]


def test_another_type_breaks_the_contract(tools: Path, stack: Settings, tmp_path: Path) -> None:
    found = check(tools, stack, at_home(stack, weight_g="text"), tmp_path)
    assert found["result"] == "failed"


def test_the_catalogue_is_turtle_with_what_is_mandatory(tools: Path) -> None:
    done = run(tools / "python", "-c", PARSE, CATALOGUE_FILE, limit_s=CHECKING_S)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
