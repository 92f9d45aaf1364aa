"""A worker that dies between a commit and its own counters.

``python -m tests.integration.killed_after_commit``. The file ``deaths`` in its folder of ledgers
bounds how often. The rest is the real worker.
"""

from __future__ import annotations

import os
import signal
from typing import Final

from kpr_stream.processor.worker.main import run_worker
from kpr_stream.settings import Settings

COMMIT: Final = 7
"""The step that commits. The counters are increased after the last step."""
DEATHS: Final = 3


def main() -> None:
    """Serve, and die after each of the first commits."""
    settings = Settings()
    assert settings.ledger_dir is not None
    died = settings.ledger_dir / "deaths"

    async def after_step(lane: int, step: int) -> None:
        del lane
        deaths = len(died.read_bytes()) if died.exists() else 0
        if step == COMMIT and deaths < DEATHS:
            died.write_bytes(bytes(deaths + 1))
            os.kill(os.getpid(), signal.SIGKILL)

    run_worker(settings, after_step=after_step)


if __name__ == "__main__":
    main()
