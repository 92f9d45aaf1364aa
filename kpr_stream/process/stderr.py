"""Keeping what native libraries print out of a process's log: it may quote a value.

Rust writes the message of a panic to descriptor 2 before Python sees an exception, and a message
like «unwrap on an error» quotes the error, which may quote what was read. There is no switch for
it, so the descriptor goes nowhere, and Python's own standard error goes on by another one.
"""

from __future__ import annotations

import faulthandler
import os
import sys

STDERR = 2


def withhold_native_words() -> None:
    """For the rest of this process, standard error is Python's alone: ``sys.stderr``, logging that
    is set up from now on, and where the threads stood in a crash (files and lines, no values)."""
    kept = os.dup(STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    sys.stderr = os.fdopen(kept, "w", buffering=1, errors="backslashreplace")
    faulthandler.enable(sys.stderr)
