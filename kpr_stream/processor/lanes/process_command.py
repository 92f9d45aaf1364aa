"""Carrying out one command of a lane: what it needs is fetched, the rest is decided in a thread.

A command has a transaction of its own, in order with the deliveries of its lane.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from kpr_stream.errors import ContractError
from kpr_stream.model.command import Command, CommandKind, CommandRefusal, Refused
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.commands.attempt import Attempt
from kpr_stream.processor.commands.dispatch import CommandInputs
from kpr_stream.processor.commands.effects import ExecutedCommand
from kpr_stream.processor.commands.log_slice import LogSlice, SliceRead
from kpr_stream.processor.commands.needed import needed
from kpr_stream.processor.commands.parse import read_command
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.lanes.commit import Decided
from kpr_stream.processor.state.contents import Contents, Place
from kpr_stream.processor.state.overlay import LedgerReader
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


class Archive(Protocol):
    """Gives values of the lane's own output records back."""

    async def read(self, lane: int, places: Collection[Place]) -> Mapping[Place, bytes]: ...


class Log(Protocol):
    """Gives slices of topics, from the lane's own partition."""

    async def read(self, lane: int, wanted: LogSlice) -> SliceRead: ...


@dataclass(frozen=True, slots=True, repr=False)
class CommandWork:
    """Carries out the commands of every lane of a worker."""

    rights: RightsSource
    log: Log
    archive: Archive
    rejudge: Rejudge

    async def decide(
        self, record: SourceRecord, ledger: LedgerReader, emitter: Emitter, *, deadly: bool
    ) -> Decided:
        """Step 2 of the commit for a command. ``deadly``: processes died of it; it is refused."""
        command, why_not = read_command(record)
        if deadly:
            why_not = Refused(CommandRefusal.RECEIVER_FAILED)
        if why_not is None and not await self._rights_are_in(command):
            why_not = Refused(CommandRefusal.RIGHTS_BEHIND)
        if why_not is None:
            # After waiting for them: what is in now holds.
            emitter = replace(emitter, rights=self.rights.current)
        wanted, why_not = needed(command, why_not)
        found = await self.log.read(record.partition, wanted) if wanted else SliceRead()
        read_back: dict[Place, bytes] = {}
        while True:
            attempt = Attempt(
                command, why_not, CommandInputs(found, self.rejudge), Contents(read_back)
            )
            made = await asyncio.to_thread(attempt.carry_out, ledger, emitter)
            if not made.missing:
                return Decided(made.outputs, made.puts, 1, (), made.done)
            read_back |= await self.archive.read(record.partition, made.missing)

    async def _rights_are_in(self, command: Command) -> bool:
        if command.kind != CommandKind.APPLY_RIGHTS:
            return True
        try:
            offset = command.number("rights_offset")
        except ContractError:
            return True  # it is refused for that where it is carried out
        return await self.rights.reach(offset, RIGHTS_S)


def tell(done: ExecutedCommand) -> None:
    """Who ordered what and why, to the log of the process; the topic holds it for good."""
    command, effects = done.command, done.effects
    log.info(
        "command %s (%s) of lane %d by %s: %s%s %s; reason: %s",
        command.command_id,
        command.kind,
        command.source.partition,
        command.issued_by,
        effects.status,
        " ".join(["", *(part for part in (effects.code, effects.detail) if part)]),
        dict(effects.counts),
        command.reason,
    )
