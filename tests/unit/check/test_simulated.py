"""The dry run of a simulated nation's exports finds what a perfect receiver makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.model.words import SYSTEMS
from kpr_stream.simulate.small.generate import Plan, simulate

pytestmark = pytest.mark.slow


def test_every_systems_outcomes_are_those_of_the_truth(tmp_path: Path) -> None:
    expected = simulate(Plan(800, 7, 6), tmp_path / "nation")
    totals = expected["total"]["outcomes"]
    assert min(totals[o] for o in ("corrected", "deleted", "duplicate", "stale", "rejected")) > 0
    for system in SYSTEMS:
        folder = tmp_path / "nation" / system
        done = CliRunner().invoke(build_cli(), ["check", str(folder), "--system", system, "--json"])
        summary = json.loads(done.stdout)["summary"]
        assert summary["unusable_files"] == []
        assert summary["not_read"] == {}
        assert summary["outcomes"] == expected["systems"][system]["outcomes"]
        assert summary["items"] == expected["systems"][system]["items_sent"]
