"""A worker ends after a signal, also if Faust's own stop does not return."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from typing import Any

import faust
import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError
from mode import Service

from kpr_stream.errors import BrokerError
from kpr_stream.processor.worker import stop
from kpr_stream.processor.worker.stop import StoppingWorker
from tests.support.poll import HANGING_S


class Stalling(Service):
    """A service whose stop does not return, as Faust's consumer with a silent broker."""

    async def on_stop(self) -> None:
        await asyncio.Event().wait()


class Lost(Service):
    """A service whose Kafka goes away while it starts."""

    async def on_start(self) -> None:
        raise KafkaConnectionError("Unable to bootstrap")


async def not_asked(_: KafkaError) -> BrokerError:
    raise AssertionError("Kafka did not fail")


async def test_kafka_that_goes_away_while_the_worker_starts_ends_it_with_the_reason() -> None:
    found: list[BrokerError] = []

    async def diagnose(cause: KafkaError) -> BrokerError:
        return BrokerError(f"diagnosed: {type(cause).__name__}", what_to_do="Look at the broker.")

    worker = StoppingWorker(
        faust.App("kpr-test", autodiscover=False, web_enabled=False),
        Lost(),
        serves=lambda: False,
        diagnose=diagnose,
        failed=found.append,
        loop=asyncio.get_running_loop(),
        quiet=True,
        override_logging=False,
    )
    await worker.start()
    assert [one.message for one in found] == ["diagnosed: KafkaConnectionError"]


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
        diagnose=not_asked,
        failed=lambda _: None,
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


def test_the_process_ends_with_the_code_of_an_unreachable_kafka() -> None:
    ends = (
        "from kpr_stream.errors import BrokerError\n"
        "from kpr_stream.processor.worker.end import end_unstarted\n"
        "end_unstarted(BrokerError('Kafka is gone.', what_to_do='Look at it.'))\n"
    )
    done = subprocess.run([sys.executable, "-c", ends], capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (
        BrokerError.exit_code,
        "worker ends: BrokerError",
    )
    assert "Kafka is gone." in done.stderr.decode()
