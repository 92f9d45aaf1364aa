"""The AsyncAPI document, read by the parser of the AsyncAPI project with its Avro reader."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpr_stream.model.words import SYSTEMS
from tests.support.repository import ROOT

TOOL = ROOT / "tools" / "asyncapi"
DOCUMENT = ROOT / "docs" / "vendor" / "asyncapi.yaml"
INSTALL_S = 600
"""npm fetches some 170 small packages; a registry that does not answer ends the test."""
VALIDATE_S = 120


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the validator and its locked packages. No package runs a script."""
    npm = shutil.which("npm")
    assert npm, "install Node and npm: .ci/run shows how"
    folder = tmp_path_factory.mktemp("asyncapi")
    for name in ("package.json", "package-lock.json", "validate.mjs"):
        shutil.copyfile(TOOL / name, folder / name)
    subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=INSTALL_S,
    )
    return folder


def validate(folder: Path, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "validate.mjs", str(file)],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=VALIDATE_S,
    )


def test_the_document_is_valid(validator: Path) -> None:
    done = validate(validator, DOCUMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"valid: {2 * len(SYSTEMS)} channels, 3 messages" in done.stdout


def _no_action(document: Any) -> None:
    del next(iter(document["operations"].values()))["action"]


def _wrong_avro_type(document: Any) -> None:
    payload = document["components"]["messages"]["delivery-v1"]["payload"]["schema"]
    payload["fields"][0]["type"] = "text"


def _wrong_binding(document: Any) -> None:
    next(iter(document["channels"].values()))["bindings"]["kafka"]["partitions"] = "eight"


def _wrong_example(document: Any) -> None:
    document["components"]["messages"]["receipt-v2"]["examples"][0]["payload"]["attempt"] = "one"


def _wrong_item_type(document: Any) -> None:
    document["components"]["schemas"]["consultation_item"]["schema"]["fields"][0]["type"] = "text"


@pytest.mark.parametrize(
    "damage", [_no_action, _wrong_avro_type, _wrong_item_type, _wrong_binding, _wrong_example]
)
def test_a_damaged_document_is_refused(
    damage: Callable[[Any], None], validator: Path, tmp_path: Path
) -> None:
    document = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    damage(document)
    file = tmp_path / "asyncapi.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "utf-8")
    done = validate(validator, file)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error " in done.stdout
