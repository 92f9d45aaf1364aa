"""What a lane does with the records it took: order, open, rules, enrich, decide, emit.

The flow of one consultation through the code, in this order: ``arrive``, ``order``, ``open``,
``frame`` (``validate``, ``enrich``), ``decide``, ``emit``, and then ``commit``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from kpr_stream.model.delivery import Arrived, Prepared, Refused, SourceRecord
from kpr_stream.processor.arrive import arrive
from kpr_stream.processor.commit import Decided
from kpr_stream.processor.emit import Emitter
from kpr_stream.processor.frames import FrameStage
from kpr_stream.processor.overlay import LedgerReader, Overlay
from kpr_stream.processor.remember import SourceProgress
from kpr_stream.processor.settle import SourceId, is_command, select, settle, source_id

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class LaneWork:
    """Decides batches of one lane; shared by nothing but the frame stage."""

    ledger: LedgerReader
    frames: FrameStage
    emitter: Emitter

    async def decide(self, records: Sequence[SourceRecord]) -> Decided:
        """Step 2 of the commit: everything is decided, nothing is written."""
        deliveries = self._deliveries(records)
        overlay = Overlay(self.ledger)
        chosen = select(deliveries, overlay, self.emitter)
        prepared = await self.frames.prepare(chosen)
        opened: dict[SourceId, Prepared | Refused] = {
            source_id(arrived.source): result
            for arrived, result in zip(chosen, prepared, strict=True)
        }
        # In a thread: a full batch costs some 100 ms, and heartbeats share this loop.
        batch = await asyncio.to_thread(settle, deliveries, opened, overlay, self.emitter)
        progress = SourceProgress(overlay.get)
        for output in batch.outputs:
            progress.note(output.header)
        return Decided(
            outputs=batch.outputs,
            puts={**overlay.puts, **progress.entries()},
            taken=_taken(records, deliveries, batch.unsettled),
            settled=batch.settled,
        )

    @staticmethod
    def _deliveries(records: Sequence[SourceRecord]) -> list[Arrived | Refused]:
        found: list[Arrived | Refused] = []
        for record in records:
            if is_command(record):
                log.warning(
                    "command at offset %d of lane %d: this release carries out no commands",
                    record.offset,
                    record.partition,
                )
            else:
                found.append(arrive(record))
        return found


def _taken(
    records: Sequence[SourceRecord], deliveries: Sequence[Arrived | Refused], unsettled: int
) -> int:
    """How many records are settled: all, or those before the first unsettled delivery."""
    if not unsettled:
        return len(records)
    return list(records).index(deliveries[len(deliveries) - unsettled].source)
