"""Write to the database, and retry for as long as a failure may pass (database/transient.py)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from kpr_stream.database.transient import FAILURES, describe, may_pass, may_recover
from kpr_stream.errors import DatabaseError
from kpr_stream.process.outage import Outage, reporting_silence
from kpr_stream.sinks.position import Advance
from kpr_stream.sinks.store import SinkStore, SinkWrite

logger = logging.getLogger(__name__)

PATIENCE_S = 600.0
"""A database restarts, fails over or gets room within this time. After it the process ends with an
error that its operator sees. Nothing is lost: the records wait in Kafka."""
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 15.0
"""Long enough not to overload a server that is starting."""


Retried = Callable[[BaseException], None]
"""Counts an attempt that is repeated, by its cause."""


def not_counted(cause: BaseException) -> None:
    """Count nothing."""


async def persist(
    store: SinkStore,
    writes: Sequence[SinkWrite],
    steps: Sequence[Advance],
    *,
    patience_s: float = PATIENCE_S,
    retried: Retried = not_counted,
) -> None:
    """Write a batch exactly once. DatabaseError if that fails, or takes longer than the patience.

    A commit whose acknowledgement was lost shows in the positions: they are those after the batch.
    """

    async def write(again: bool) -> None:  # noqa: FBT001 - its only parameter
        if not again or not await _is_written(store, steps):
            await store.write(writes, steps)

    rows = sum(w.rows for w in writes)
    await with_patience(
        store, write, what=f"{rows} rows wait", patience_s=patience_s, retried=retried
    )


async def open_patiently(
    store: SinkStore, *, patience_s: float = PATIENCE_S, retried: Retried = not_counted
) -> None:
    """Open the store at the start of a process.

    Waits for a server that answers and takes no changes yet. A server that does not answer is
    reported at once: its address may be wrong.
    """

    async def first(again: bool) -> None:  # noqa: FBT001 - as with_patience calls it
        if not again:
            await store.open()

    await with_patience(
        store,
        first,
        what="the sink is starting",
        patience_s=patience_s,
        passes=may_recover,
        retried=retried,
    )


async def with_patience(
    store: SinkStore,
    attempt: Callable[[bool], Awaitable[None]],
    *,
    what: str,
    patience_s: float = PATIENCE_S,
    passes: Callable[[BaseException | None], bool] = may_pass,
    retried: Retried = not_counted,
) -> None:
    """Run an attempt until it succeeds, each further one (True) in a new session.

    DatabaseError if the failure will not pass, or has not passed within the patience. ``what`` says
    in the log what waits meanwhile. ``retried`` gets the cause of each further attempt.
    """
    outage = Outage(logger)
    started = time.monotonic()
    pause = FIRST_PAUSE_S
    again = False
    while True:
        try:
            async with reporting_silence(outage, "The database", what):
                if again:
                    await store.open(again=True)
                await attempt(again)
        except (*FAILURES, DatabaseError) as failed:
            # A failed connect raises DatabaseError with the driver's error as its cause.
            cause = failed.__cause__ if isinstance(failed, DatabaseError) else failed
            waited = time.monotonic() - started
            if cause is None or not passes(cause) or waited > patience_s:
                raise _database_error(store, failed) from failed
            retried(cause)
            outage.failed(
                "The database failed (%s); %s; trying again in %.1f s, %.0f s of %.0f s so far.",
                *(describe(cause), what, pause, waited, patience_s),
            )
            again = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        else:
            outage.ended("The database")
            return


async def _is_written(store: SinkStore, steps: Sequence[Advance]) -> bool:
    positions = await store.positions()
    return bool(steps) and all(
        positions[s.topic, s.partition].next_offset == s.next_offset
        and positions[s.topic, s.partition].epoch == s.epoch
        for s in steps
    )


def _database_error(store: SinkStore, cause: BaseException) -> DatabaseError:
    return cause if isinstance(cause, DatabaseError) else store.failed(cause)
