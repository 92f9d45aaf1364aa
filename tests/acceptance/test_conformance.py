"""The Java sender passes every case of ``conformance``; others fail, and have a report too."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.support.poll import eventually
from tests.support.repository import ROOT

JAVA: Final = Path("examples") / "java"
SCHEMAS: Final = "avro_schemas"
SYSTEM: Final = "visma-hspro"
IDLE: Final = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(3600)"
"""A sender that runs and sends nothing. Its output says which process it is."""


def started(folder: Path, *sender: str) -> subprocess.Popen[bytes]:
    """Start a run against a sender."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "kpr_stream", "conformance", "--system", SYSTEM),
            *("--patience", "60", "--report", str(folder / "report"), "--", *sender),
        ],
        env={**os.environ, "KPR_HOME": str(folder / "home")},
    )


def judged(folder: Path, *sender: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the report of a run against a sender."""
    code = started(folder, *sender).wait()
    return code, report_in(folder)


def report_in(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    return found


def test_the_java_sender_is_conformant(tmp_path: Path) -> None:
    # Its build reads the schemas where they lie beside it in the repository.
    ours = tmp_path / JAVA
    shutil.copytree(ROOT / JAVA, ours, ignore=shutil.ignore_patterns("target"))
    shutil.copytree(ROOT / SCHEMAS, tmp_path / SCHEMAS)
    subprocess.run(["mvn", "-q", "-B", "package"], cwd=ours, check=True)
    code, report = judged(tmp_path, "java", "-jar", str(ours / "target" / "sender.jar"))
    failed = {one["case"]: one["problems"] for one in report["cases"] if one["result"] != "passed"}
    assert failed == {}
    assert report["grade"] == "conformant"
    assert code == 0


def test_a_sender_that_ends_at_once_fails_and_passes_nothing(tmp_path: Path) -> None:
    code, report = judged(tmp_path, sys.executable, "-c", "import sys; sys.exit(3)")
    assert code == 1
    assert report["grade"] == "not conformant"
    assert report["ended_early"] is None
    assert report["counts"]["passed"] == 0
    (every_kind,) = [one for one in report["cases"] if one["case"] == "every_kind"]
    assert any("ended by itself, with exit code 3" in one for one in every_kind["problems"])


def test_a_run_that_is_stopped_has_a_report_and_leaves_no_sender(tmp_path: Path) -> None:
    log = tmp_path / "home" / "conformance" / SYSTEM / "sender.log"
    run = started(tmp_path, sys.executable, "-c", IDLE)
    sender = int(eventually(lambda: log.exists() and log.read_text("utf-8")))
    run.send_signal(signal.SIGTERM)
    assert run.wait() == 75
    assert not Path(f"/proc/{sender}").exists()
    report = report_in(tmp_path)
    assert report["grade"] == "incomplete"
    assert report["counts"] == {"passed": 0, "failed": 0, "not run": len(report["cases"])}
    assert report["ended_early"] == "The run was stopped by SIGTERM or SIGINT."
