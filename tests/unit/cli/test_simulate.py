"""``kpr-stream simulate``: both worlds, and what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kpr_stream.cli.app import build_cli
from kpr_stream.errors import UsageError
from kpr_stream.simulate.nation.generate import Plan, generate

A_DAY = ("--from", "2024-03-05", "--to", "2024-03-05", "--municipality", "1151")


def ran(*arguments: str) -> Result:
    result = CliRunner().invoke(build_cli(), ["simulate", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result


def run(*arguments: str) -> str:
    return ran(*arguments).stdout


def refused(*arguments: str) -> UsageError:
    result = CliRunner().invoke(build_cli(), ["simulate", *arguments])
    assert isinstance(result.exception, UsageError)
    return result.exception


def test_the_small_world(tmp_path: Path) -> None:
    told = json.loads(run("small", str(tmp_path / "out"), "--consultations", "50", "--json"))
    assert told["total"]["items_sent"] > 50
    assert (tmp_path / "out" / "truth.jsonl").exists()


def test_a_day_of_one_municipality(tmp_path: Path) -> None:
    told = json.loads(run("nation", str(tmp_path / "out"), *A_DAY, "--json"))
    assert [*told["systems"]] == ["cgm-helsestasjon"]
    assert 0 < told["total"]["items_sent"] < 30
    names = {path.name.split("_")[3] for path in (tmp_path / "out").glob("*/*/0*.json")}
    assert names == {"2024-03-05"}


def test_what_was_made_is_told_and_can_be_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "out"
    shown = ran("nation", str(out), *A_DAY, "--no-change-of-epj").stdout
    assert "items to send" in shown
    assert "docs/vendor/nation.md" in shown
    again = ran("nation", str(out), *A_DAY, "--no-change-of-epj", "--resume").stdout
    assert "items to send" in again


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--municipality", "0301", "--municipality", "9999"), "no municipality 9999"),
        (("--from", "2026-01-01"), "does not include"),
        (("--from", "2024-01-02", "--to", "2024-01-01"), "does not include"),
    ],
)
def test_an_impossible_plan_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    error = refused("nation", str(tmp_path / "out"), *arguments)
    assert problem in error.message
    assert not (tmp_path / "out").exists()


def test_a_share_below_every_municipality_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="smaller than the smallest municipality"):
        generate(Plan(share=1e-5), tmp_path / "out")
