"""Shell completion in the shells themselves: what Tab gives after the installed script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.poll import HANGING_S

BIN = Path(sys.executable).parent
BASH = """
source "$1"
complete -p kpr-stream >/dev/null
COMP_WORDS=(kpr-stream wo); COMP_CWORD=1; COMP_LINE="kpr-stream wo"; COMP_POINT=13
_kpr_stream_completion kpr-stream
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
zmodload zsh/zpty
wait_for() {
  local out= all=
  while zpty -r shell out; do all+=$out; [[ $all == *$1* ]] && return; done
  exit 1
}
zpty shell zsh -f -i
zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D"
zpty -w shell "source $1; echo re''ady"
wait_for ready
zpty -w shell 'kpr-stream() echo "typed: $*"'
zpty -w shell $'kpr-stream wo\\t'
wait_for 'typed: worker'
echo worker
"""


@pytest.mark.parametrize(("shell", "program"), [("bash", BASH), ("zsh", ZSH)])
def test_tab_completes_a_command(shell: str, program: str, tmp_path: Path) -> None:
    there = shutil.which(shell)
    assert there, f"install {shell}: .ci/run shows how"
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "dumb"}
    script = tmp_path / "completion"
    script.write_text(
        _run("kpr-stream", environment=environment | {"_KPR_STREAM_COMPLETE": f"source_{shell}"}),
        "utf-8",
    )
    no_start_files = "--norc" if shell == "bash" else "-f"
    found = _run(
        *(there, no_start_files, "-c", program, shell, str(script)), environment=environment
    )
    assert found.split() == ["worker"]


def _run(*command: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=HANGING_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
