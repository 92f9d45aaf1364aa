"""``conformance``: what it prints and writes of a run, and with which exit code it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from kpr_stream.cli.app import build_cli
from kpr_stream.conformance import run as running
from kpr_stream.conformance.cases import CaseOutcome, CaseResult, all_cases
from kpr_stream.conformance.certificate import read_certificate
from kpr_stream.conformance.report import report_of
from kpr_stream.conformance.run import Plan, TrialDisplay, write_report
from kpr_stream.errors import ConfigurationError, UsageError
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.unit.conformance.test_checks import right

SYSTEM = System.VISMA_HSPRO
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ADVISED = "window_used"
Conform = Callable[..., Result]


class Runs:
    """A run whose cases gave what the test says; it keeps the plan that it was given."""

    def __init__(self, **results: CaseOutcome) -> None:
        self.results, self.plan = (
            results,
            Plan(system=SYSTEM, command=(), resend_after_s=0, patience_s=0),
        )
        self.ended_early: str | None = None

    def __call__(
        self, _: Settings, plan: Plan, display: TrialDisplay, folder: Path
    ) -> dict[str, Any]:
        self.plan = plan
        display.step("A step.")
        if not plan.command:
            display.by_hand('export SENDER_SYSTEM="visma-hspro"')
        found = report_of(
            plan.system,
            right(),
            [
                CaseResult(
                    case=case,
                    result=(result := self.results.get(name, CaseOutcome.PASSED)),
                    problems=("record 7 [red]was sent[/]",) if result == "failed" else (),
                )
                for name, case in all_cases().items()
            ],
            tested_at=NOW,
            seconds=1,
            ended_early=self.ended_early,
        )
        display.written(write_report(found, folder))
        return found


@pytest.fixture
def conform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Conform:
    """Run the command over a run; the report is in the folder ``out``."""

    def command(runs: Runs, *words: str, sender: tuple[str, ...] = ("sender", "-v")) -> Result:
        monkeypatch.setattr(running, "run_conformance", runs)
        to = ("--system", SYSTEM.value, "--report", str(tmp_path / "out"))
        started = ("--", *sender) if sender else ()
        return CliRunner().invoke(build_cli(), ["conformance", *to, *words, *started])

    return command


@pytest.mark.parametrize(
    ("results", "code", "grade"),
    [
        ({}, 0, "conformant"),
        ({ADVISED: CaseOutcome.FAILED}, 0, "conformant, with remarks"),
        ({"window": CaseOutcome.NOT_RUN}, 75, "incomplete"),
        ({"window": CaseOutcome.FAILED}, 1, "not conformant"),
    ],
)
def test_the_grade_is_the_exit_code(
    conform: Conform, results: dict[str, CaseOutcome], code: int, grade: str
) -> None:
    done = conform(Runs(**results))
    assert done.exit_code == code
    assert done.stdout.splitlines()[-1].startswith(f"{grade}: ")


def test_what_did_not_pass_is_named_with_its_problems_as_they_are(conform: Conform) -> None:
    done = conform(Runs(window=CaseOutcome.FAILED, go_back=CaseOutcome.NOT_RUN))
    lines = done.stdout.splitlines()
    assert lines[0] == f"not run  go_back: {all_cases()['go_back'].en}"
    assert lines[1] == f"failed   window: {all_cases()['window'].en}"
    assert lines[2].strip() == "record 7 [red]was sent[/]"
    assert len(lines) == 4


def test_the_plan_is_what_the_options_say(conform: Conform) -> None:
    runs = Runs()
    conform(runs, "--resend-after", "9", "--patience", "30")
    assert runs.plan == Plan(
        system=SYSTEM, command=["sender", "-v"], resend_after_s=9, patience_s=30
    )


def test_without_a_program_the_environment_of_a_sender_is_shown(conform: Conform) -> None:
    runs = Runs()
    done = conform(runs, sender=())
    assert runs.plan.command == ()
    assert 'export SENDER_SYSTEM="visma-hspro"' in done.stderr
    assert "• A step." in done.stderr


def test_json_has_cases_and_files_and_no_records(conform: Conform, tmp_path: Path) -> None:
    runs = Runs(window=CaseOutcome.NOT_RUN)
    runs.ended_early = "The run was stopped by SIGTERM or SIGINT."
    done = conform(runs, "--json")
    found = json.loads(done.stdout)
    assert "records" not in found
    assert found["grade"] == "incomplete"
    files = [str(tmp_path / "out" / name) for name in ("report.json", "report.html")]
    assert found["written"] == files
    assert f"Ended early: {runs.ended_early}" in done.stderr
    assert json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))["records"]


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, Ed25519PrivateKey]:
    """The register's key, and its file."""
    private = Ed25519PrivateKey.generate()
    path = tmp_path / "register.pem"
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path, private


def test_a_run_that_passed_is_signed(
    conform: Conform, tmp_path: Path, key: tuple[Path, Ed25519PrivateKey]
) -> None:
    done = conform(Runs(), "--sign-with", str(key[0]))
    signed = tmp_path / "out" / "certificate.json"
    found = read_certificate(signed.read_bytes(), key[1].public_key(), today=NOW.date())
    assert (found.system, found.software_version) == (SYSTEM, "1.0")
    assert str(signed) in done.stdout


def test_a_run_that_failed_is_not_signed(
    conform: Conform, tmp_path: Path, key: tuple[Path, Ed25519PrivateKey]
) -> None:
    conform(Runs(window=CaseOutcome.FAILED), "--sign-with", str(key[0]))
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "report.html",
        "report.json",
    ]


def test_nothing_is_run_with_a_key_that_cannot_sign(conform: Conform, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    missing = conform(Runs(), "--sign-with", str(wrong))
    assert isinstance(missing.exception, UsageError)
    assert "the register's Ed25519 key" in missing.exception.what_to_do
    wrong.write_text("no key", "utf-8")
    assert isinstance(conform(Runs(), "--sign-with", str(wrong)).exception, ConfigurationError)
    assert not (tmp_path / "out").exists()
