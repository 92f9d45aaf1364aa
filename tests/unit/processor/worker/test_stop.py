"""A worker ends after a signal, also if Faust's own stop does not return."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import Any

import faust
import pytest
from mode import Service

from kpr_stream.processor.worker import stop
from kpr_stream.processor.worker.stop import StoppingWorker
from tests.support.poll import HANGING_S


class Stalling(Service):
    """A service whose stop does not return, as Faust's consumer with a silent broker."""

    async def on_stop(self) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("serves", [False, True])
async def test_a_stop_that_does_not_return_ends_in_the_time_its_lanes_need(
    *, serves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    ended = threading.Event()

    def timer(seconds: float, call: Any, args: Any) -> threading.Timer:
        waits.append(seconds)
        return threading.Timer(0, call, args)

    monkeypatch.setattr(stop, "Timer", timer)
    worker = StoppingWorker(
        faust.App("kpr-test", autodiscover=False, web_enabled=False),
        Stalling(),
        serves=lambda: serves,
        end=ended.set,
        loop=asyncio.get_running_loop(),
        quiet=True,
        override_logging=False,
    )
    worker._on_sigterm()
    worker._on_sigint()
    assert await asyncio.to_thread(ended.wait, HANGING_S)
    assert waits == [stop.LEAVE_S + (stop.CLOSE_LANES_S if serves else 0)]
    assert worker._signal_stop_future is not None
    worker._signal_stop_future.cancel()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
