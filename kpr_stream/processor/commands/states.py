"""Change the state of a unit (unblock, pause, resume, agree) or a release (stop, resume, admit).

Pure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from kpr_stream.model.command import (
    CERTIFICATE,
    VALID_UNTIL,
    Command,
    CommandKind,
    ResultStatus,
    bad_argument,
)
from kpr_stream.model.release import BY_OPERATOR, ReleaseState
from kpr_stream.model.unit import UnitState
from kpr_stream.processor.commands.effects import UNCHANGED, Effects


def change_unit(command: Command, state: UnitState) -> Effects:
    """Return the answer to the command, with the unit's state after it.

    ContractError for an argument that is not valid.
    """
    counts: dict[str, int] = {}
    match command.kind:
        case CommandKind.UNBLOCK:
            after, counts = _unblocked(command, state)
        case CommandKind.PAUSE:
            after = _paused(command, state)
        case CommandKind.RESUME:
            after = replace(state, paused_from=None, paused_until=None)
        case _:
            after = _agreed(command, state)
    if after == state:
        return UNCHANGED
    return Effects(status=ResultStatus.DONE, counts=counts, unit=after)


def change_release(command: Command, state: ReleaseState) -> Effects:
    """Return the answer to the command, with the release's state after it."""
    stop = command.kind == CommandKind.STOP_RELEASE
    if stop == state.stopped:
        return UNCHANGED
    after = state.stop(BY_OPERATOR, at=command.source.received_at) if stop else state.resume()
    return Effects(status=ResultStatus.DONE, release=after)


def admit_release(command: Command, before: date | None) -> Effects:
    """Return the answer to the admission of a release; ``before``: the last day it had until now.

    The sender of the command has verified the certificate, whose digest the answer keeps.
    """
    until = command.day(VALID_UNTIL)
    command.text(CERTIFICATE)
    if until is None or until < _day_of(command):
        raise bad_argument(VALID_UNTIL, "a date, today or later")
    if before is not None and until <= before:
        return UNCHANGED
    return Effects(status=ResultStatus.DONE)


def _unblocked(command: Command, state: UnitState) -> tuple[UnitState, dict[str, int]]:
    """Take the block away; with ``skip_to``, the unit resumes at that sequence.

    The sequences between are a gap until they are delivered.
    """
    after = replace(state, blocked_since=None, blocked_reason=None)
    to = command.number("skip_to", 0)
    if not to:
        return after, {}
    if to <= state.next_sequence:
        raise bad_argument("skip_to", "beyond the sequence that is expected next")
    return (
        after.skipped(to, at=command.source.received_at),
        {"skipped": to - state.next_sequence},
    )


def _paused(command: Command, state: UnitState) -> UnitState:
    start, until = command.day("from") or _day_of(command), command.day("until")
    if until is not None and until < start:
        raise bad_argument("until", "on or after the first day of the pause")
    return replace(state, paused_from=start, paused_until=until)


def _agreed(command: Command, state: UnitState) -> UnitState:
    """Begin an agreement at ``from``, end it at ``to``; a date that is not given stays.

    A new beginning takes an earlier end away.
    """
    start = command.day("from") or state.agreed_from
    end = command.day("to") or (None if command.day("from") else state.agreed_to)
    if start is None:
        raise bad_argument("from", "given, and no agreement is registered that could end")
    if end is not None and end < start:
        raise bad_argument("to", "on or after the first day of the agreement")
    return replace(state, agreed_from=start, agreed_to=end)


def _day_of(command: Command) -> date:
    return datetime.fromtimestamp(command.source.received_at / 1000, UTC).date()
