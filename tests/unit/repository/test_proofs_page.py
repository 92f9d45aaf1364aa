"""The pages of proofs: the tests and protections that they name exist, the results hold."""

from __future__ import annotations

import ast
import json
import re

import pytest

from tests.faults.mutations.switch_off import TRIALS, Verdict, is_expected
from tests.support.repository import ROOT
from tools.proofs_page import OVERVIEW, RUNS, SWITCHED_OFF

PROOFS = sorted(OVERVIEW.parent.glob("proofs*.md"))
TEXT = "\n".join(page.read_text("utf-8") for page in PROOFS)
RUN = [json.loads(line) for line in RUNS.read_text("utf-8").splitlines()]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_is_named_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert not name or name in functions


def test_every_protection_that_is_named_is_one_and_each_was_tried_on_and_off() -> None:
    tried = {trial.protection for trial in TRIALS}
    named = re.findall(r"switched off: ((?:`[^`]+`(?:, )?)+)", TEXT)
    assert named
    assert {name for cell in named for name in re.findall(r"`([^`]+)`", cell)} <= tried
    verdicts = [Verdict(**said) for said in json.loads(SWITCHED_OFF.read_text("utf-8"))]
    assert {(v.protection, v.switched_off) for v in verdicts} == {
        (name, off) for name in tried for off in (False, True)
    }
    of = {trial.protection: trial for trial in TRIALS}
    assert all(is_expected(of[v.protection], v) for v in verdicts)


def test_three_runs_of_different_seeds_with_thirty_faults_found_nothing() -> None:
    assert len({run["seed"] for run in RUN}) >= 3
    for run in RUN:
        assert sum(run["kinds"].values()) >= 30
        assert all(run["steps_hit"].values())
        assert (run["lost"], run["duplicated"], run["unbalanced_units"]) == (0, 0, 0)
