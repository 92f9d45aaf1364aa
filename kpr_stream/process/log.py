"""Writes the log lines of a process, for people or as JSON: each has its time in UTC."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Final

from kpr_stream.model.utc_time import UTC_FORM
from kpr_stream.process.outage import AGAIN_S

PLAIN: Final = "%(asctime)s %(levelname)s %(message)s"
"""Layout of a process with one source of messages."""
NAMED: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
"""Layout that names the module, too."""

LIBRARIES: Final = ("aiokafka", "faust", "mode")
"""Libraries that repeat their failures: while a broker is away, aiokafka logs more than a hundred
errors a second. The project reports the outage in its own words."""


CONNECTIONS: Final = "aiokafka.conn"
"""Logs each login, of an exporter two every five seconds: the last words of a process that ends
would be far up."""


class LogFormat(StrEnum):
    """How a process writes its log."""

    HUMAN = "human"
    JSON = "json"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, process, logger, message, and the line's own fields."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class OncePerMinute(logging.Filter):
    """Lets one warning or error of each library through a minute, with how many it left out."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._passed: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written; its message then says what was left out."""
        library = record.name.partition(".")[0]
        if library not in LIBRARIES or record.levelno < logging.WARNING:
            return True
        now = self._clock()
        if now - self._passed.get(library, -AGAIN_S) < AGAIN_S:
            self._left_out[library] = self._left_out.get(library, 0) + 1
            return False
        self._passed[library] = now
        if left_out := self._left_out.pop(library, 0):
            record.msg = f"{record.getMessage()} ({left_out} more lines of {library} before this)"
            record.args = ()
        return True


def formatter(layout: str) -> logging.Formatter:
    """Return a formatter whose times are as 2026-11-28T19:00:00Z."""
    found = logging.Formatter(layout, datefmt=UTC_FORM)
    found.converter = time.gmtime
    return found


def begin_log(
    layout: str,
    file: Path | None = None,
    *,
    process: str = "",
    form: LogFormat = LogFormat.HUMAN,
) -> None:
    """Log from INFO on: to standard error, or to the end of a file.

    ``process`` names the process in each line. Nothing changes if the process logs already, as in
    tests.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler() if file is None else logging.FileHandler(file)
    named = layout.replace("%(levelname)s", f"%(levelname)s {process}") if process else layout
    handler.setFormatter(JsonFormatter(process) if form is LogFormat.JSON else formatter(named))
    handler.addFilter(OncePerMinute())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger(CONNECTIONS).setLevel(logging.WARNING)
