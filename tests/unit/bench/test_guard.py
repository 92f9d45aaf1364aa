"""A worker's stages stay within a multiple of the loop without guarantees, in one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bench.guard import MOST
from tests.support.repository import ROOT


def measured(*options: str) -> float:
    """Measure in a process of its own, without coverage: that counts our lines and slows them."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.guard", *options],
        env={name: value for name, value in os.environ.items() if "COV" not in name},
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    return float(json.loads(done.stdout)["to_plain_loop"])


@pytest.mark.slow
def test_all_guarantees_cost_no_more_than_a_known_multiple() -> None:
    assert measured() <= MOST


@pytest.mark.slow
def test_a_worker_that_lost_its_columns_is_found() -> None:
    assert measured("--item-by-item") > MOST
