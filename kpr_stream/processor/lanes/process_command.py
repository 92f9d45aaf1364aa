"""Step 2 of a lane's transaction for a command: the pipeline with this worker's effects.

A command has a transaction of its own, in order with the deliveries of its lane.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.commands.effects import ExecutedCommand
from kpr_stream.processor.commands.log_slice import LogSlice, SliceRead
from kpr_stream.processor.commands.rejudge import Rejudge
from kpr_stream.processor.effects import CommandEffects
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.pipeline import Decided, decide_command
from kpr_stream.processor.state.contents import LogPosition
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
    """Reads values of a lane's own output records."""

    async def read(
        self, lane: int, places: Collection[LogPosition]
    ) -> Mapping[LogPosition, bytes]: ...


class Log(Protocol):
    """Reads slices of topics, from the lane's own partition."""

    async def read(self, lane: int, wanted: LogSlice) -> SliceRead: ...


@dataclass(frozen=True, slots=True, repr=False)
class CommandWork:
    """Decides the commands of every lane of a worker."""

    rights: RightsSource
    log: Log
    archive: Archive
    rejudge: Rejudge

    async def decide(
        self, record: SourceRecord, ledger: LedgerReader, emitter: Emitter, *, crashed: bool
    ) -> Decided:
        """Decide a command; one at which processes have ``crashed`` is refused."""
        lane = record.partition
        effects = CommandEffects(
            rights_from=self._rights_from,
            read_slice=partial(self.log.read, lane),
            read_back=partial(self.archive.read, lane),
            in_thread=asyncio.to_thread,
        )
        return await decide_command(
            record,
            ledger=ledger,
            emitter=emitter,
            rejudge=self.rejudge,
            effects=effects,
            crashed=crashed,
        )

    async def _rights_from(self, offset: int | None) -> Rights | None:
        if offset is not None and not await self.rights.reach(offset, RIGHTS_S):
            return None
        return self.rights.current


def log_executed(done: ExecutedCommand) -> None:
    """Log who sent what and why. The audit log keeps the same permanently."""
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
