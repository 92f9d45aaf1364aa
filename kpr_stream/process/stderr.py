"""Stop native libraries from printing to a process's log.

Rust (Polars) prints the message of a panic to file descriptor 2 before Python sees an exception. A
message such as "called unwrap on an Err" quotes the error, and the error may quote what was read.
Rust has no switch for this, so descriptor 2 is closed to native code, and Python's own standard
error moves to another descriptor.
"""

from __future__ import annotations

import faulthandler
import os
import sys

STDERR = 2
"""The file descriptor that native code prints to."""


def silence_native_stderr() -> None:
    """Discard what native code prints to standard error, for the rest of this process.

    ``sys.stderr``, logging that is set up afterwards and the stack traces of a crash (files and
    lines, no values) are still written.
    """
    kept = os.dup(STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    sys.stderr = os.fdopen(kept, "w", buffering=1, errors="backslashreplace")
    faulthandler.enable(sys.stderr)
