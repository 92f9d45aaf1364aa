"""Write a batch, and retry for as long as its failure may pass."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from kpr_stream.errors import DatabaseError
from kpr_stream.sinks.batch import TableWrite
from kpr_stream.sinks.position import Advance
from kpr_stream.sinks.store import DATABASE_FAILURES, TRANSIENT_FAILURES, SinkStore

logger = logging.getLogger(__name__)

PATIENCE_S = 600.0
"""A database restarts, fails over or gets room within this time. After it the process ends with an
error that its operator sees. Nothing is lost: the records wait in Kafka."""
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 15.0
"""Long enough not to overload a server that is starting."""


async def persist(
    store: SinkStore,
    writes: Sequence[TableWrite],
    steps: Sequence[Advance],
    *,
    patience_s: float = PATIENCE_S,
) -> None:
    """Write a batch exactly once. DatabaseError if that fails, or takes longer than the patience.

    A commit whose acknowledgement was lost shows in the positions: they are those after the batch.
    """
    started = time.monotonic()
    pause = FIRST_PAUSE_S
    reopen = False
    while True:
        try:
            if reopen:
                await store.open(again=True)
                if await _is_written(store, steps):
                    return
            await store.write(writes, steps)
        except (*DATABASE_FAILURES, DatabaseError) as cause:
            waited = time.monotonic() - started
            if not _may_pass(cause) or waited > patience_s:
                raise _database_error(store, cause) from cause
            logger.warning(
                "The database failed (%s); %d rows wait; trying again in %.1f s, %.0f s so far.",
                type(cause).__name__,
                sum(w.rows for w in writes),
                pause,
                waited,
            )
            reopen = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        else:
            if reopen:
                logger.info("The database is back after %.1f s.", time.monotonic() - started)
            return


async def _is_written(store: SinkStore, steps: Sequence[Advance]) -> bool:
    positions = await store.positions()
    return bool(steps) and all(
        positions[s.topic, s.partition].next_offset == s.next_offset
        and positions[s.topic, s.partition].epoch == s.epoch
        for s in steps
    )


def _may_pass(cause: BaseException) -> bool:
    # A failed connect raises DatabaseError with the driver's error as its cause.
    at_bottom = cause.__cause__ if isinstance(cause, DatabaseError) else cause
    return isinstance(at_bottom, TRANSIENT_FAILURES)


def _database_error(store: SinkStore, cause: BaseException) -> DatabaseError:
    return cause if isinstance(cause, DatabaseError) else store.failed(cause)
