"""Carrying out one command of a lane: what it needs is fetched, the rest is decided in a thread.

A command has a transaction of its own, in order with the deliveries of its lane.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final, Protocol

from kpr_stream.model.command import Command, CommandKind, CommandRefusal
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.carry_out import carried_out_before, carry_out, outputs_of
from kpr_stream.processor.command import read_command
from kpr_stream.processor.commit import Decided
from kpr_stream.processor.effects import CarriedOut, Effects, refused
from kpr_stream.processor.emit import Emitter
from kpr_stream.processor.isolate import is_the_deliverys, place_of
from kpr_stream.processor.overlay import LedgerReader, Overlay
from kpr_stream.processor.remember import SourceProgress
from kpr_stream.rights.table import Rights

log = logging.getLogger(__name__)

RIGHTS_S: Final = 10.0
"""How long a command waits for a record of kpr.rights that its sender has seen."""


class RightsSource(Protocol):
    """What a lane knows of ``kpr.rights``."""

    @property
    def current(self) -> Rights:
        """Everything read so far."""
        ...

    async def catch_up(self) -> None:
        """Return when everything that is on the topic now has been read."""
        ...

    async def reach(self, offset: int, within_s: float) -> bool:
        """Wait until the record at ``offset`` is in; False if that takes longer."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class CommandWork:
    """Carries out the commands of every lane of a worker."""

    rights: RightsSource

    async def decide(
        self, record: SourceRecord, ledger: LedgerReader, emitter: Emitter, *, deadly: bool
    ) -> Decided:
        """Step 2 of the commit for a command. ``deadly``: processes died of it; it is refused."""
        command, _ = read_command(record)
        code = None
        if deadly:
            code = CommandRefusal.RECEIVER_FAILED
        elif not await self._rights_are_in(command):
            code = CommandRefusal.RIGHTS_BEHIND
        return await asyncio.to_thread(decide_command, record, ledger, emitter, code)

    async def _rights_are_in(self, command: Command) -> bool:
        if command.kind != CommandKind.APPLY_RIGHTS:
            return True
        try:
            offset = int((command.arguments or {}).get("rights_offset", ""))
        except ValueError:
            return True  # refused as a bad argument where arguments are read
        return await self.rights.reach(offset, RIGHTS_S)


def decide_command(
    record: SourceRecord,
    ledger: LedgerReader,
    emitter: Emitter,
    code: CommandRefusal | None = None,
) -> Decided:
    """What one command leaves behind; ``code`` says why it is not to be carried out."""
    command, fault = read_command(record)
    code = fault or code
    overlay = Overlay(ledger)
    if code is not CommandRefusal.UNREADABLE and carried_out_before(command, overlay):
        log.warning("command %s was sent twice: it is carried out once", command.command_id)
        return Decided(outputs=(), puts={}, taken=1, settled=())
    effects = refused(code) if code else _carried_out(command, overlay)
    outputs = outputs_of(command, effects, emitter, overlay)
    progress = SourceProgress(overlay.get)
    for output in outputs:
        progress.note(output.header)
    return Decided(
        outputs=outputs,
        puts={**overlay.puts, **progress.entries()},
        taken=1,
        settled=(),
        carried_out=(CarriedOut(command, effects),),
    )


def _carried_out(command: Command, overlay: Overlay) -> Effects:
    attempt = Overlay(overlay)
    try:
        effects = carry_out(command, attempt)
    except BaseException as cause:
        if not is_the_deliverys(cause):
            raise
        log.error(  # noqa: TRY400 - a traceback would quote what was read
            "the receiver fails at command %s: %s", command.command_id, place_of(cause)
        )
        return refused(CommandRefusal.RECEIVER_FAILED)
    overlay.put(attempt.puts)
    return effects


def tell(done: CarriedOut) -> None:
    """Who ordered what and why, to the log of the process; the topic holds it for good."""
    command, effects = done.command, done.effects
    log.info(
        "command %s (%s) of lane %d by %s: %s%s %s; reason: %s",
        command.command_id,
        command.kind,
        command.source.partition,
        command.issued_by,
        effects.status,
        f" {effects.code}" if effects.code else "",
        dict(effects.counts),
        command.reason,
    )
