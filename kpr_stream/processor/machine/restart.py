"""Decide what follows when a worker process ends: a restart after a pause, or giving up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kpr_stream.errors import ConfigurationError, TopicChangedError

FIRST_PAUSE_S: Final = 0.5
"""A service manager that ends all processes at once ends the parent within this time: nothing is
started that must end again. The lanes wait for it, well below the session timeout of 10 s."""
LONGEST_PAUSE_S: Final = 16.0
"""The sum of all pauses is half a minute: the workers of a parent that was killed have ended by
then, and a broker that was restarted answers again."""
EARLY_S: Final = 120.0
"""A worker that ends sooner has not served. The watchdog takes a minute to end one whose lane is
stuck from the start, which must count too."""
EARLY_ENDS: Final = 7
"""After this many early ends in a row, the service manager or a person has to act. A record that
kills workers ends two before it is isolated, so three such records do not end the machine's
workers."""
FINAL_CODES: Final = (ConfigurationError.exit_code, TopicChangedError.exit_code)
"""A restart cannot help: a person decides first."""
FAILED: Final = 70
"""Exit code of the parent where the worker's own says nothing: it was killed, or ended with 0."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Start the worker again after this pause."""

    pause_s: float
    early_ends: int
    """How often in a row the worker has ended early."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """End all workers of the machine, with this exit code."""

    exit_code: int
    reason: str


def after_end(exit_code: int, lived_s: float, early_ends: int) -> Restart | GiveUp:
    """Return what follows an end that nobody asked for.

    ``exit_code`` is negative for a signal; ``early_ends`` is the number in a row before this one.
    """
    if exit_code in FINAL_CODES:
        return GiveUp(exit_code, "a restart cannot help")
    early_ends = early_ends + 1 if lived_s < EARLY_S else 0
    if early_ends >= EARLY_ENDS:
        code = exit_code if exit_code > 0 else FAILED
        return GiveUp(code, f"it has ended within {EARLY_S:.0f} s {early_ends} times in a row")
    return Restart(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** max(0, early_ends - 1)), early_ends)
