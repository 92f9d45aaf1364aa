"""End the worker's process, with the reason in its log."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from kpr_stream.errors import BrokerError, KprError, LaneError, TopicChangedError

log = logging.getLogger(__name__)


def end_process(reason: str, exit_code: int = LaneError.exit_code) -> NoReturn:
    """End the process at once, without clean-up.

    A process that hangs cannot clean up, and need not: the next owner of a lane recovers it.
    """
    with suppress(OSError):  # a full disk cannot take the line; the process must end all the same
        # Written to the descriptor: a thread that hangs may hold the lock of the stream.
        os.write(sys.stderr.fileno(), f"worker ends: {reason}\n".encode())
    os._exit(exit_code)


def end_because_of(cause: BaseException) -> NoReturn:
    """Log an error that no lane survives, and end the process.

    Of errors that are not the project's own, only the type and the stack are logged: their texts
    may quote a record.
    """
    if isinstance(cause, KprError):
        log.error("%s", cause)
    else:
        places = "".join(traceback.format_tb(cause.__traceback__))
        log.error("unexpected %s at\n%s", type(cause).__name__, places)
    # A service manager may start the worker again after any code but this: a person decides first.
    changed = isinstance(cause, TopicChangedError)
    code = TopicChangedError.exit_code if changed else LaneError.exit_code
    end_process(type(cause).__name__, code)


def end_unstarted(cause: BrokerError) -> NoReturn:
    """End a process that lost Kafka before it served, as one that has never reached Kafka."""
    log.error("%s", cause)
    end_process(type(cause).__name__, cause.exit_code)
