"""Grafana's library for Go reads the dashboards strictly. Needs Go and its module proxy."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.grafana.reading import FILES

HERE = Path(__file__).parent
BUILT_S = 900
"""The library is large: its first build takes two minutes of a processor."""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    assert go, "install Go: .ci/run shows how"
    built = tmp_path_factory.mktemp("strict") / "strict"
    subprocess.run([go, "build", "-o", built, "."], cwd=HERE, check=True, timeout=BUILT_S)
    return built


def _faults(strict: Path, *files: Path) -> list[str]:
    done = subprocess.run([strict, *files], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    return done.stdout.splitlines()


def test_every_dashboard_is_as_the_schema_has_it(strict: Path) -> None:
    assert FILES
    assert _faults(strict, *FILES) == []


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ('"uid": "kpr-nation"', '"uidd": "kpr-nation"', "unexpected field 'uidd'"),
        ('"colorMode"', '"colourMode"', "unexpected field 'colourMode'"),
        ('"expr":', '"expression":', "expr: required field is missing"),
        ('"fillOpacity": 70', '"fillOpacity": "70"', "cannot unmarshal string"),
    ],
)
def test_a_fault_is_found(strict: Path, tmp_path: Path, right: str, wrong: str, fault: str) -> None:
    nation = next(path for path in FILES if path.stem == "kpr-nation")
    text = nation.read_text("utf-8")
    assert right in text
    broken = tmp_path / "broken.json"
    broken.write_text(text.replace(right, wrong), "utf-8")
    assert any(fault in line for line in _faults(strict, broken))
