"""A second worker of one name ends before it disturbs the first."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from kpr_stream.errors import NameTakenError
from kpr_stream.processor.worker.name import take_name
from kpr_stream.settings import Settings
from tests.support.repository import ROOT


def test_a_second_worker_of_one_name_ends_with_the_code_that_its_page_names(
    tmp_path: Path,
) -> None:
    page = (ROOT / "docs/operate/worker.md").read_text("utf-8")
    row = re.search(
        r"^\| Two workers on this machine have the same name .*\| (\d+) \|", page, re.MULTILINE
    )
    assert row is not None
    assert int(row[1]) == NameTakenError.exit_code
    held = take_name(Settings(home=tmp_path, instance="worker-1"))
    # The port is taken as well, and no broker answers: neither may hide the reason.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        second = subprocess.run(
            [sys.executable, "-m", "kpr_stream", "worker", "--instance", "worker-1"],
            env=os.environ
            | {
                "KPR_HOME": str(tmp_path),
                "KPR_KAFKA_BOOTSTRAP": "127.0.0.1:1",
                "KPR_KAFKA_USERNAME": "processor",
                "KPR_KAFKA_PASSWORD": "none",
                "KPR_METRICS_PORT": str(taken.getsockname()[1]),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == int(row[1]), second.stderr
    assert "worker-1 already runs on this machine" in " ".join(second.stderr.split())
    os.close(held)


def test_workers_of_two_names_run_beside_each_other(tmp_path: Path) -> None:
    for name in ("worker-1", "worker-2", "group/worker-1"):
        take_name(Settings(home=tmp_path, instance=name))
