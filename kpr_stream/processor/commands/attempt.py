"""One attempt at a command: what it writes, or which contents are missing for it. Pure."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from kpr_stream.errors import ContractError, place_of
from kpr_stream.model.command import Command, CommandRefusal, CommandRefused
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.commands.dispatch import (
    CommandInputs,
    dispatch,
    executed_before,
    write_result,
)
from kpr_stream.processor.commands.effects import Effects, ExecutedCommand, refused
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.poison.isolate import is_caused_by_input
from kpr_stream.processor.state.contents import Contents, LogPosition
from kpr_stream.processor.state.entries import Entries
from kpr_stream.processor.state.overlay import LedgerReader, Overlay

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AttemptedCommand:
    """What an attempt writes and remembers. It counts only if no contents are ``missing``."""

    outputs: Sequence[OutputRecord] = ()
    entries: Entries = field(default_factory=dict)
    executed: tuple[ExecutedCommand, ...] = ()
    """Empty if the command was executed before."""
    missing: Collection[LogPosition] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A command with all that was found for it; ``why_not``: why it is refused, if it is."""

    command: Command
    why_not: CommandRefused | None
    inputs: CommandInputs

    def run(self, ledger: LedgerReader, emitter: Emitter, contents: Contents) -> AttemptedCommand:
        """What the command writes, its result included."""
        command = self.command
        overlay = Overlay(ledger)
        unreadable = self.why_not is not None and self.why_not.code is CommandRefusal.UNREADABLE
        if not unreadable and executed_before(command, overlay):
            log.warning("command %s was sent twice: it is executed once", command.command_id)
            return AttemptedCommand()
        uow = UnitOfWork(overlay, emitter, contents)
        effects = refused(self.why_not) if self.why_not else self._effects(uow)
        if effects.code is not None:
            contents.missing.clear()  # a refused command does nothing, so it needs no contents
        if effects.code is not None or effects.dry:
            overlay = Overlay(ledger)
            uow = UnitOfWork(overlay, emitter, contents)
        write_result(command, effects, uow)
        executed = (ExecutedCommand(command, effects),)
        return AttemptedCommand(uow.outputs, overlay.puts, executed, contents.missing)

    def _effects(self, uow: UnitOfWork) -> Effects:
        try:
            return dispatch(self.command, uow, self.inputs)
        except BaseException as cause:
            if isinstance(cause, ContractError) and cause.code in list(CommandRefusal):
                return refused(CommandRefused(CommandRefusal(cause.code), cause.message))
            if not is_caused_by_input(cause):
                raise
            log.error(  # noqa: TRY400 - a traceback would quote what was read
                "the receiver fails at command %s: %s", self.command.command_id, place_of(cause)
            )
            return refused(CommandRefusal.RECEIVER_FAILED)
