"""Writes the log lines of a process: every line begins with its time in UTC."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final

from kpr_stream.model.utc_time import UTC_FORM

PLAIN: Final = "%(asctime)s %(levelname)s %(message)s"
"""Layout of a process with one source of messages."""
NAMED: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
"""Layout that names the module, too."""


def formatter(layout: str) -> logging.Formatter:
    """Return a formatter whose times are as 2026-11-28T19:00:00Z."""
    found = logging.Formatter(layout, datefmt=UTC_FORM)
    found.converter = time.gmtime
    return found


def begin_log(layout: str, file: Path | None = None) -> None:
    """Log from INFO on: to standard error, or to the end of a file.

    Nothing changes if the process logs already, as in tests.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler() if file is None else logging.FileHandler(file)
    handler.setFormatter(formatter(layout))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
