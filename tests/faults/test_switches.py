"""Every protection can be switched off: the methods it replaces exist and can be replaced."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.mutations.switch_off import TRIALS
from tests.faults.mutations.switches import SWITCHES
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

SCRIPT = """
import sys
from pathlib import Path
from tests.faults.harness.breakpoints import Breakpoints
from tests.faults.harness.worker import hook_opening
from tests.faults.mutations.switches import switch_off
switch_off(sys.argv[1])
hook_opening(Breakpoints(Path()), "a")
"""


@pytest.mark.parametrize("protection", SWITCHES)
def test_a_protection_is_switched_off_below_the_breakpoints(protection: str) -> None:
    """In a process of its own, since a replaced method stays replaced."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, protection],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=HANGING_S,
    )
    assert done.returncode == 0, done.stderr


def test_every_switch_has_its_trial() -> None:
    assert {trial.protection for trial in TRIALS} == set(SWITCHES)
