"""systemd takes the unit of the connector."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.poll import HANGING_S
from tests.support.repository import ROOT

UNIT = ROOT / "deploy" / "systemd" / "kpr-connect@.service"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8").replace("/opt/kpr-stream/bin/kpr-stream", sys.executable)
    unit = tmp_path / "kpr-connect@visma-hspro.service"
    unit.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if "kpr-connect" in line] == []
