"""Stop the stack (`down`): signal the supervisor and wait until it has ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from kpr_stream.embedded.children.process import STOP_GRACE_S
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.state import supervisor_pid
from kpr_stream.errors import StackError
from kpr_stream.settings import Settings

LIMIT_S = STOP_GRACE_S + 10.0
"""The supervisor kills its children after their grace and then ends, within this time."""
POLL_S = 0.05


def stop_stack(settings: Settings) -> bool:
    """Stop the stack. False if none ran; StackError if it does not stop."""
    layout = Layout.of(settings.home)
    pid = supervisor_pid(layout)
    if pid is None:
        return False
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    limit = time.monotonic() + LIMIT_S
    while supervisor_pid(layout) is not None:
        if time.monotonic() > limit:
            raise StackError(
                f"The supervisor {pid} of {layout.home} did not stop within {LIMIT_S:.0f} s.",
                what_to_do=f"See {layout.supervisor_log}; `kill -9 {pid}` ends the whole stack.",
            )
        time.sleep(POLL_S)
    return True
