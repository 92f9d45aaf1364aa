from __future__ import annotations

from kpr_stream.connectors.backfill.behind_live import BehindLive


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.live_until = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def behind(clock: Clock, most: float | None = None) -> BehindLive:
    return BehindLive(
        live_reads=lambda: clock.now < clock.live_until,
        most_items_per_s=most,
        kept=lambda *_: None,
        clock=lambda: clock.now,
        sleep=clock.sleep,
    )


async def test_the_history_waits_while_live_documents_are_read() -> None:
    clock = Clock()
    clock.live_until = 103.0
    turn = behind(clock)
    await turn.wait()
    assert clock.now >= 103.0
    assert not turn.waits


async def test_the_pace_is_kept_on_average() -> None:
    clock = Clock()
    turn = behind(clock, most=50)
    for _ in range(10):
        await turn.wait()
        await turn.spend(100)
    await turn.wait()
    assert 20.0 <= clock.now - 100.0 < 21.0


async def test_without_a_pace_nothing_waits() -> None:
    clock = Clock()
    turn = behind(clock)
    await turn.spend(1_000_000)
    await turn.wait()
    assert clock.now == 100.0
