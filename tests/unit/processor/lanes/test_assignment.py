"""Opening and closing lanes: the order of things, and what a new rebalance does to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kpr_stream.errors import BrokerError, LaneSplitError
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.lanes import assignment as module
from kpr_stream.processor.lanes.assignment import Flow, Lanes, whole_lanes
from kpr_stream.processor.lanes.lane import LaneSetup
from tests.support.poll import HANGING_S


class Producer:
    """A producer that has fenced a lane."""

    def __init__(self, done: list[str], lane: int) -> None:
        self._done, self._lane = done, lane

    async def close(self) -> None:
        self._done.append(f"close {self._lane}")


class Opener:
    """Writes down what an opening asks for, in order; stops where it is told to."""

    def __init__(self, *, cold: Sequence[int] = (), error: BaseException | None = None) -> None:
        self.done: list[str] = []
        self.at_catch_up: Callable[[], None] = lambda: None
        self.at_rebuild: Callable[[], None] = lambda: None
        self.at_size: Callable[[int], None] = lambda _: None
        self.stall_at = ""
        self.stalls = asyncio.Event()
        self._cold, self._error = cold, error

    async def fence(self, lanes: Sequence[int]) -> dict[int, Producer]:
        await self._do("fence")
        self.done += [f"fenced {lane}" for lane in lanes]
        return {lane: Producer(self.done, lane) for lane in lanes}

    async def catch_up(self, lanes: Sequence[int]) -> tuple[dict[int, list[int]], list[int]]:
        await self._do("catch up")
        self.at_catch_up()
        if self._error is not None:
            raise self._error
        warm = [lane for lane in lanes if lane not in self._cold]
        return {lane: [lane] * len(SOURCE_TOPICS) for lane in warm}, list(self._cold)

    async def rebuild(self, lane: int, stopped: Callable[[], bool]) -> list[int]:
        await self._do(f"rebuild {lane}")
        assert not stopped()
        self.at_rebuild()
        return [7] * len(SOURCE_TOPICS)

    def ledger(self, lane: int) -> Any:
        def disk_bytes() -> int:
            self.at_size(lane)
            return lane

        return SimpleNamespace(disk_bytes=disk_bytes, entry_count=lambda: 0)

    def reopen(self, lane: int) -> Any:
        raise AssertionError(f"lane {lane} does not fail here")

    async def _do(self, what: str) -> None:
        self.done.append(what)
        if self.stall_at == what:
            self.stalls.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)


class Served:
    """Stands for an open lane."""

    def __init__(self, lane: int, _: Any, *, queue: Any, **__: Any) -> None:
        self.lane, self.queue = lane, queue

    async def close(self) -> None:
        return


class Play:
    """Lanes over an opener that writes everything down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, opener: Opener) -> None:
        self.opener, self.ends = opener, cast("list[BaseException]", [])
        self.observed: list[int] = []
        self.not_served: list[int] = []
        """Lanes of which the observer heard that they are not served."""
        done = opener.done

        async def rights() -> None:
            done.append("rights")

        monkeypatch.setattr(module, "OpenLane", Served)
        self.lanes = Lanes(
            LaneSetup(
                group="kpr-hst",
                after_step=cast("Any", None),
                observer=cast(
                    "Any",
                    SimpleNamespace(
                        lane_opened=lambda lane, *_: served(lane),
                        lane_closed=self.not_served.append,
                        ledger_size=lambda lane, *_: self.observed.append(lane),
                        waiting=lambda *_: None,
                    ),
                ),
                died=self.ends.append,
            ),
            opener=cast("Any", opener),
            make_work=lambda *_: cast("Any", None),
            before_serving=rights,
            flow=Flow(
                pause=lambda lane: done.append(f"pause {lane}"),
                resume=lambda lane: done.append(f"resume {lane}"),
                seek=lambda topic, lane, offset: done.append(f"seek {lane} {topic} {offset}"),
                pause_topic=lambda *_: None,
                resume_topic=lambda *_: None,
            ),
            limits=module.LaneLimits(4000, 2_000_000),
        )

        def served(lane: int) -> None:
            done.append(f"serve {lane}")


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Play]:
    return lambda **how: Play(monkeypatch, Opener(**how))


async def test_all_are_fenced_before_anything_is_read_and_nothing_served_before_all_is_read(
    play: Callable[..., Play],
) -> None:
    one = play()
    await one.lanes.open(1, [2, 5])
    order = ["fence", "fenced 2", "fenced 5", "catch up", "rights", "serve 2", "serve 5"]
    assert one.opener.done == order
    assert one.lanes.next_offsets()[3, 5] == 5
    assert one.ends == []


async def test_a_lane_that_is_closed_while_its_ledger_is_measured_is_left_out(
    play: Callable[..., Play],
) -> None:
    one = play()
    await one.lanes.open(1, [2, 5])
    await one.lanes.observe()
    assert one.observed == [2, 5]

    def closed(lane: int) -> None:
        del one.lanes._lanes[lane]

    one.opener.at_size = closed
    await one.lanes.observe()
    assert one.observed == [2, 5]


async def test_a_rebalance_meanwhile_serves_nothing_and_closes_what_was_fenced(
    play: Callable[..., Play],
) -> None:
    one = play()

    def given_away() -> None:
        one.lanes.generation = None

    one.opener.at_catch_up = given_away
    await one.lanes.open(1, [2, 5])
    assert one.opener.done[-2:] == ["close 2", "close 5"]
    assert one.not_served == [2, 5]
    assert not one.lanes.open_lanes


@pytest.mark.parametrize("place", ["fence", "catch up"])
async def test_a_revoke_cancels_an_opening_and_the_next_one_opens(
    place: str, play: Callable[..., Play]
) -> None:
    one = play()
    one.opener.stall_at = place
    opening = asyncio.create_task(one.lanes.open(1, [2]))
    await one.opener.stalls.wait()
    closing = asyncio.create_task(one.lanes.close())
    # Not wait_for: what it cancels after its time would cancel the opening as well.
    _, late = await asyncio.wait({closing, opening}, timeout=HANGING_S)
    assert not late
    assert not one.lanes.open_lanes
    one.opener.stall_at = ""
    await one.lanes.open(2, [2])
    assert list(one.lanes.open_lanes) == [2]
    assert one.ends == []


@pytest.mark.parametrize("place", ["fence", "catch up"])
async def test_a_worker_that_ends_while_its_lanes_open_ends_in_order(
    place: str, play: Callable[..., Play]
) -> None:
    """At SIGTERM Faust cancels the task that opens lanes: that is no failure of the opening."""
    one = play()
    one.opener.stall_at = place
    opening = asyncio.create_task(one.lanes.open(1, [2]))
    await one.opener.stalls.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await one.lanes.close()
    assert one.ends == []
    assert not one.lanes.open_lanes


async def test_an_opening_that_something_else_cancels_ends_the_process(
    play: Callable[..., Play],
) -> None:
    """aiokafka passes cancellations of its own on: the lanes would stay closed for ever."""
    one = play(error=asyncio.CancelledError())
    await one.lanes.open(1, [2])
    assert [type(end) for end in one.ends] == [asyncio.CancelledError]


async def test_a_failure_while_opening_ends_the_process(play: Callable[..., Play]) -> None:
    gone = BrokerError("Kafka is gone.", what_to_do="Look.")
    one = play(error=gone)
    await one.lanes.open(1, [2])
    assert one.ends == [gone]
    assert one.opener.done[-1] == "close 2"


async def test_a_lane_that_is_rebuilt_is_paused_meanwhile_and_read_again_from_where_it_goes_on(
    play: Callable[..., Play],
) -> None:
    one = play(cold=[5])
    await one.lanes.open(1, [2, 5])
    assert list(one.lanes.open_lanes) == [2]
    await asyncio.gather(*one.lanes._rebuilds)
    done = one.opener.done
    sought = [f"seek 5 {topic} 7" for topic in range(len(SOURCE_TOPICS))]
    assert done[done.index("serve 5") :] == ["serve 5", *sought, "resume 5"]
    assert done.index("pause 5") < done.index("rebuild 5")


async def test_a_rebuild_that_a_rebalance_has_made_needless_is_forgotten(
    play: Callable[..., Play],
) -> None:
    one = play(cold=[5])

    def given_away() -> None:
        one.lanes.generation = None

    one.opener.at_rebuild = given_away
    await one.lanes.open(1, [2, 5])
    await asyncio.gather(*one.lanes._rebuilds)
    assert one.not_served == [5]
    assert one.opener.done[-1] == "close 5"


def test_a_worker_takes_whole_lanes_or_none() -> None:
    assert whole_lanes({topic: {3, 1} for topic in SOURCE_TOPICS}) == [1, 3]
    assert whole_lanes({}) == []
    with pytest.raises(LaneSplitError):
        whole_lanes({topic: {1} for topic in SOURCE_TOPICS} | {SOURCE_TOPICS[0]: {2}})
    with pytest.raises(LaneSplitError):
        whole_lanes({topic: {1} for topic in SOURCE_TOPICS[1:]})
