"""An open lane: whatever ends its task without being asked to ends the process."""

from __future__ import annotations

import asyncio
import math
from time import perf_counter
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kpr_stream.errors import BrokerError, OutputRefusedError
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.lanes.lane import LaneSetup, OpenLane

RECORD = SourceRecord(topic_index=0, partition=3, offset=7, received_at=0, key=b"k", value=b"v")


class Producer:
    """A producer that is never asked for more than to abort and to close."""

    async def abort(self) -> None:
        return

    async def close(self) -> None:
        return


def lane(decide: Any, died: list[BaseException]) -> OpenLane:
    async def take() -> list[SourceRecord]:
        return [RECORD]

    async def after_step(_lane: int, _step: int) -> None:
        return

    return OpenLane(
        3,
        LaneSetup(
            group="kpr-hst",
            after_step=after_step,
            observer=cast("Any", SimpleNamespace(lane_closed=lambda _: None)),
            died=died.append,
        ),
        queue=cast("Any", SimpleNamespace(take=take)),
        producer=cast("Any", Producer()),
        ledger=cast("Any", None),
        work=cast("Any", SimpleNamespace(decide=decide, progressed=lambda _: -math.inf)),
        reopen=cast("Any", None),
    )


async def test_a_cancellation_that_nobody_asked_for_ends_the_process() -> None:
    async def cancelled(_: Any) -> None:
        raise asyncio.CancelledError

    died: list[BaseException] = []
    one = lane(cancelled, died)
    with pytest.raises(asyncio.CancelledError):
        await one._task
    assert [type(cause) for cause in died] == [asyncio.CancelledError]


async def test_a_lane_that_waits_for_the_sandbox_is_not_stuck() -> None:
    """The watchdog would end the worker, and with it every lane, before a slow child has begun."""
    deciding = asyncio.Event()

    async def never(_: Any) -> None:
        deciding.set()
        await asyncio.Event().wait()

    one = lane(never, [])
    await deciding.wait()
    long_ago = perf_counter() - 1_000
    one._last_commit = long_ago
    one.queue = cast("Any", SimpleNamespace(waiting_since=long_ago, gap_since=None))
    assert one.stalled_for() >= 1_000
    one._work = cast("Any", SimpleNamespace(progressed=lambda _: perf_counter()))
    assert one.stalled_for() < 1
    one._closing = True
    one._task.cancel()


@pytest.mark.parametrize(
    ("error", "stuck"),
    [
        (OutputRefusedError("Refused.", what_to_do="Look."), False),
        (BrokerError("Away.", what_to_do="Look."), True),
    ],
)
async def test_a_refused_output_is_no_standstill_and_a_broker_that_is_away_is_one(
    *, error: BrokerError, stuck: bool
) -> None:
    reopening = asyncio.Event()

    async def fails(_: Any) -> None:
        raise error

    async def reopen(_: int) -> Any:
        reopening.set()
        await asyncio.Event().wait()

    long_ago = perf_counter() - 1_000
    one = lane(fails, [])
    one._last_commit = long_ago
    one._reopen = reopen
    one._observer = cast("Any", SimpleNamespace(aborted=lambda _: None))
    one.queue = cast(
        "Any",
        SimpleNamespace(
            take=one.queue.take,
            waiting_since=long_ago,
            gap_since=None,
            release_turn=lambda: None,
        ),
    )
    await reopening.wait()
    assert (one.stalled_for() >= 1_000) is stuck
    one._closing = True
    one._task.cancel()


async def test_a_lane_that_is_closed_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpr_stream.processor.lanes.lane.IN_FLIGHT_S", 0.01)
    deciding = asyncio.Event()

    async def never(_: Any) -> None:
        deciding.set()
        await asyncio.Event().wait()

    died: list[BaseException] = []
    one = lane(never, died)
    await deciding.wait()
    await one.close()
    assert one._task.cancelled()
    assert died == []
