"""What a command did, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kpr_stream.model.command import Command, CommandRefusal, CommandRefused, ResultStatus
from kpr_stream.model.release import ReleaseState
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import Outcome, System


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The answer to one command in one lane, and what changes with it."""

    status: ResultStatus
    code: CommandRefusal | None = None
    detail: str | None = None
    """Of a refusal: what exactly was wrong."""
    counts: Mapping[str, int] = field(default_factory=dict)
    unit: UnitState | None = None
    release: ReleaseState | None = None
    dry: bool = False
    """It was a trial: the result is written, nothing else is."""
    replayed: Mapping[tuple[System, Outcome], int] = field(default_factory=dict)
    """Items that were judged again, for the metrics. They count as received once only."""


@dataclass(frozen=True, slots=True)
class ExecutedCommand:
    """A command that was executed or refused, for log and metrics."""

    command: Command
    effects: Effects


UNCHANGED = Effects(status=ResultStatus.UNCHANGED)


def refused(why: CommandRefused | CommandRefusal) -> Effects:
    """The effects of a refused command: nothing but the reason."""
    code, detail = why if isinstance(why, CommandRefused) else (why, None)
    return Effects(status=ResultStatus.REFUSED, code=code, detail=detail)
