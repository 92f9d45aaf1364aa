"""One attempt at a command: what it leaves behind, or which contents are missing for it. Pure."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from kpr_stream.errors import ContractError
from kpr_stream.model.command import Command, CommandRefusal, Refused
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.commands.dispatch import (
    CommandInputs,
    carry_out,
    executed_before,
    write_result,
)
from kpr_stream.processor.commands.effects import Effects, ExecutedCommand, refused
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.poison.isolate import is_caused_by_input, place_of
from kpr_stream.processor.state.contents import Contents, Place
from kpr_stream.processor.state.entries import Entries, SourceProgress
from kpr_stream.processor.state.overlay import LedgerReader, Overlay

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attempted:
    """What an attempt leaves behind. It does not count while contents are ``missing``."""

    outputs: Sequence[OutputRecord] = ()
    puts: Entries = field(default_factory=dict)
    done: tuple[ExecutedCommand, ...] = ()
    """None where the command was carried out before."""
    missing: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A command with all that was found for it; ``why_not``: it is not to be carried out."""

    command: Command
    why_not: Refused | None
    inputs: CommandInputs
    contents: Contents

    def carry_out(self, ledger: LedgerReader, emitter: Emitter) -> Attempted:
        """What the command leaves behind."""
        command = self.command
        overlay = Overlay(ledger)
        unreadable = self.why_not is not None and self.why_not.code is CommandRefusal.UNREADABLE
        if not unreadable and executed_before(command, overlay):
            log.warning("command %s was sent twice: it is carried out once", command.command_id)
            return Attempted()
        uow = UnitOfWork(overlay, emitter, self.contents)
        effects = refused(self.why_not) if self.why_not else self._effects(uow)
        if effects.code is not None:
            self.contents.missing.clear()  # what was half done is not done
        if effects.code is not None or effects.dry:
            overlay = Overlay(ledger)
            uow = UnitOfWork(overlay, emitter, self.contents)
        write_result(command, effects, uow)
        progress = SourceProgress(overlay.get)
        for output in uow.outputs:
            progress.note(output.header)
        return Attempted(
            uow.outputs,
            {**overlay.puts, **progress.entries()},
            (ExecutedCommand(command, effects),),
            frozenset(self.contents.missing),
        )

    def _effects(self, uow: UnitOfWork) -> Effects:
        try:
            return carry_out(self.command, uow, self.inputs)
        except BaseException as cause:
            if isinstance(cause, ContractError) and cause.code in list(CommandRefusal):
                return refused(Refused(CommandRefusal(cause.code), cause.message))
            if not is_caused_by_input(cause):
                raise
            log.error(  # noqa: TRY400 - a traceback would quote what was read
                "the receiver fails at command %s: %s", self.command.command_id, place_of(cause)
            )
            return refused(CommandRefusal.RECEIVER_FAILED)
