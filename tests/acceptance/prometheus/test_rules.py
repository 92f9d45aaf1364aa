"""The rules as promtool reads them, and every case, which must fail if its alert is broken."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.prometheus.server import installed
from tests.support.repository import ROOT
from tools.alerts.case import case_files, group_of
from tools.alerts.cases.table import CASES
from tools.alerts.render import rules
from tools.alerts.table import NAMES
from tools.prometheus_rules import rule_files

FOLDER = ROOT / "deploy" / "prometheus"
RUNNING_S = 120


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installed("promtool"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=RUNNING_S,
    )


@pytest.mark.parametrize("scale", [1, 60])
def test_prometheus_accepts_the_rules(scale: int, tmp_path: Path) -> None:
    made = rule_files(tmp_path, scale=scale)
    for path, text in made.items():
        path.write_text(text, "utf-8")
    done = promtool("check", "rules", *made)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(made)


def test_every_alert_fires_when_it_must_and_only_then() -> None:
    done = promtool("test", "rules", *sorted((FOLDER / "tests").glob("*.yml")))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_cases_find_an_alert_that_never_or_always_fires(name: str, tmp_path: Path) -> None:
    group, tests = group_of(name), tmp_path / "tests"
    (tmp_path / "rules").mkdir()
    tests.mkdir()
    for file, text in case_files(one for one in CASES if one.alert == name).items():
        (tests / file).write_text(text, "utf-8")
    for broken in ("vector(1) == 0", "vector(1)"):
        if (name, broken) == ("Watchdog", "vector(1)"):
            continue  # this alert is made so
        text = _with_expression(rules(group), name, broken)
        (tmp_path / "rules" / f"{group}.yml").write_text(text, "utf-8")
        done = promtool("test", "rules", *tests.iterdir())
        assert done.returncode != 0, broken
        assert f"alertname: {name}," in done.stdout + done.stderr


def _with_expression(text: str, name: str, expression: str) -> str:
    """The rules with another expression for every alert of a name."""
    kept: list[str] = []
    inside = replacing = False
    for line in text.splitlines():
        if line.startswith("      - "):
            inside = line == f"      - alert: {name}"
        if inside and line == "        expr: |-":
            kept += [line, f"          {expression}"]
            replacing = True
        elif not (replacing and line.startswith("          ")):
            replacing = False
            kept.append(line)
    return "\n".join(kept) + "\n"
