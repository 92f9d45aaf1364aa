"""A lock lasts as long as its process, and no longer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kpr_stream.process.lock import take_lock
from tests.support.processes import ending

HOLDER = (
    "import sys; from pathlib import Path; from kpr_stream.process.lock import take_lock; "
    "take_lock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def test_a_lock_of_another_process_is_seen_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with ending(holder):
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert take_lock(path) is None
        assert path.read_text("utf-8") == f"{holder.pid}\n"
        holder.kill()
    assert take_lock(path) is not None
