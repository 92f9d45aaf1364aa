"""Commands about one unit and system: unblock, pause, resume, agree. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from kpr_stream.model.command import Command, CommandKind, ResultStatus, bad_argument
from kpr_stream.model.unit import UnitState
from kpr_stream.processor.commands.effects import UNCHANGED, Effects


def change_unit(command: Command, state: UnitState) -> Effects:
    """The unit's state after the command. ContractError for an argument that cannot be."""
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


def _unblocked(command: Command, state: UnitState) -> tuple[UnitState, dict[str, int]]:
    """The red mark goes; with ``skip_to`` the unit goes on there, and what lies between is a
    numbered gap until it is delivered."""
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
    """``from`` begins an agreement, ``to`` ends it; the one that is not given stays."""
    start = command.day("from") or state.agreed_from
    end = command.day("to") or (None if command.day("from") else state.agreed_to)
    if start is None:
        raise bad_argument("from", "given, and no agreement is registered that could end")
    if end is not None and end < start:
        raise bad_argument("to", "on or after the first day of the agreement")
    return replace(state, agreed_from=start, agreed_to=end)


def _day_of(command: Command) -> date:
    return datetime.fromtimestamp(command.source.received_at / 1000, UTC).date()
