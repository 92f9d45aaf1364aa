"""Dispatch: execute a command in its lane, in order with deliveries. Pure.

A command that cannot be executed is refused whole, with a code. Its result goes to
``kpr.hst.command-result`` like any other, with who sent the command and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kpr_stream.model.command import (
    SOFTWARE_VERSION,
    Command,
    CommandKind,
    CommandRefusal,
    ResultStatus,
    bad_argument,
)
from kpr_stream.model.release import release_key
from kpr_stream.model.unit import unit_key
from kpr_stream.model.words import System
from kpr_stream.processor.commands.effects import Effects, refused
from kpr_stream.processor.commands.link import change_link
from kpr_stream.processor.commands.log_slice import SliceRead
from kpr_stream.processor.commands.mark import mark, unmark
from kpr_stream.processor.commands.quarantined import discard
from kpr_stream.processor.commands.reenrich import reenrich
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.commands.replay import replay
from kpr_stream.processor.commands.replay_items import replay_items
from kpr_stream.processor.commands.states import admit_release, change_release, change_unit
from kpr_stream.processor.decide.unit_of_work import UnitOfWork, admitted_until
from kpr_stream.processor.emit.command_result import result_record
from kpr_stream.processor.emit.states import forgotten_release
from kpr_stream.processor.state.command_entries import release_entry_key, result_entry_key
from kpr_stream.processor.state.entries import unit_entry_key
from kpr_stream.processor.state.overlay import Overlay

_UNIT = (CommandKind.UNBLOCK, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.AGREE)
_RELEASE = (CommandKind.STOP_RELEASE, CommandKind.RESUME_RELEASE)


@dataclass(frozen=True, slots=True)
class CommandInputs:
    """What a command is executed with: a slice of the log, and what judges items again."""

    found: SliceRead
    rejudge: Rejudge


_ABOUT_ITEMS: Final[
    Mapping[CommandKind, Callable[[Command, UnitOfWork, CommandInputs], Effects]]
] = {
    CommandKind.REPLAY_ITEMS: lambda c, uow, inputs: replay_items(
        c, inputs.found, uow, inputs.rejudge
    ),
    CommandKind.DISCARD: lambda c, uow, inputs: discard(c, inputs.found, uow),
    CommandKind.REENRICH: lambda c, uow, inputs: reenrich(
        c, inputs.found, uow, inputs.rejudge.enrich_again
    ),
    CommandKind.MARK: lambda c, uow, _: mark(c, uow),
    CommandKind.UNMARK: lambda c, uow, _: unmark(c, uow),
    CommandKind.WITHDRAW_LINK: lambda c, uow, _: change_link(c, uow),
    CommandKind.RESTORE_LINK: lambda c, uow, _: change_link(c, uow),
    CommandKind.REPLAY: lambda c, uow, inputs: replay(c, inputs.found, uow, inputs.rejudge),
}


def executed_before(command: Command, overlay: Overlay) -> bool:
    """Whether this lane has a result for the command already, because a tool sent it twice."""
    return overlay.get(result_entry_key(command.command_id)) is not None


def dispatch(command: Command, uow: UnitOfWork, inputs: CommandInputs) -> Effects:
    """Execute a command, and write what it changes to ``uow``.

    ContractError with a code of CommandRefusal if it cannot be executed: discard ``uow`` then.
    """
    kind = CommandKind(command.kind)
    if kind in _ABOUT_ITEMS:
        return _ABOUT_ITEMS[kind](command, uow, inputs)
    if kind in _UNIT:
        return _unit(command, uow)
    if kind in _RELEASE:
        return _release(command, uow)
    if kind is CommandKind.ADMIT_RELEASE:
        return _admit(command, uow)
    # These kinds only ask for an answer: their arguments must be there.
    if kind is CommandKind.APPLY_RIGHTS:
        command.number("rights_offset")
    else:
        command.text("quarantine_id")
    return Effects(status=ResultStatus.DONE)


def write_result(command: Command, effects: Effects, uow: UnitOfWork) -> None:
    """Write the command's result, after the states that it has changed."""
    uow.write_states()
    at = command.source.received_at
    uow.write(
        result_record(
            uow.emitter,
            command,
            status=effects.status,
            code=effects.code,
            detail=effects.detail,
            counts=effects.counts,
        )
    )
    # Topics and ledgers order records by when they were written, not by when an item was received.
    uow.outputs[:] = [output._replace(timestamp=at) for output in uow.outputs]


def _unit(command: Command, uow: UnitOfWork) -> Effects:
    org_nr, system = command.org_nr, command.system
    if org_nr is None or system is None:
        raise bad_argument("org_nr and system", "given")
    known = uow.overlay.get(unit_entry_key(unit_key(org_nr, System(system))))
    if known is None and command.kind != CommandKind.AGREE:
        return refused(CommandRefusal.UNKNOWN_UNIT)
    effects = change_unit(command, uow.state(org_nr, System(system)))
    if effects.unit is not None:
        uow.change(command.source, effects.unit)
    return effects


def _admit(command: Command, uow: UnitOfWork) -> Effects:
    """The answer is the record: the ledger reads from it how long the release is admitted."""
    if command.system is None:
        raise bad_argument("system", "given")
    version = command.text(SOFTWARE_VERSION)
    return admit_release(command, admitted_until(uow.overlay, System(command.system), version))


def _release(command: Command, uow: UnitOfWork) -> Effects:
    if command.system is None:
        raise bad_argument("system", "given")
    version = command.text(SOFTWARE_VERSION)
    system = System(command.system)
    known = uow.overlay.get(release_entry_key(release_key(system, version))) is not None
    state = uow.release(system, version)
    effects = change_release(command, state)
    if command.kind == CommandKind.RESUME_RELEASE and known and state.items == 0:
        # Nobody has delivered with it, so that its name may be a misspelt one: it goes.
        uow.write(forgotten_release(command.source, state))
        return Effects(status=ResultStatus.DONE, counts={"removed": 1})
    if effects.release is not None:
        uow.change_release(command.source, effects.release)
    return effects
