"""Stop a release of an EPJ system in one lane, or resume it. Pure."""

from __future__ import annotations

from kpr_stream.model.command import Command, CommandKind, ResultStatus
from kpr_stream.model.release import BY_OPERATOR, ReleaseState
from kpr_stream.processor.commands.effects import UNCHANGED, Effects


def change_release(command: Command, state: ReleaseState) -> Effects:
    """Return the answer to the command, with the release's state after it."""
    stop = command.kind == CommandKind.STOP_RELEASE
    if stop == state.stopped:
        return UNCHANGED
    after = state.stop(BY_OPERATOR, at=command.source.received_at) if stop else state.resume()
    return Effects(status=ResultStatus.DONE, release=after)
