"""The frame stage that all lanes of a worker share: decrypt, validate, enrich, in one thread.

A Polars frame costs milliseconds however small it is. So deliveries that several lanes hand in at
the same time make one frame, and each lane gets its own part back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Final

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared
from kpr_stream.processor.poison.isolate import HealthCheck, Work, assume_healthy, isolated

_Request = tuple[Sequence[Arrived], "asyncio.Future[Sequence[Prepared | DeliveryRefused]]"]

REQUESTS_A_FRAME: Final = 8
"""One of each lane: more cannot wait, since a lane hands in once and awaits the results."""


def unobserved(_seconds: float) -> None:
    """Ignore how long a frame took: where nobody serves metrics."""


class FrameStage:
    """Runs ``work`` for all lanes; start with ``run`` as a task, stop by cancelling it.

    A delivery at which ``work`` raises is refused alone: see ``poison/isolate.py``.
    """

    def __init__(
        self,
        work: Work,
        *,
        max_items: int,
        health_check: HealthCheck = assume_healthy,
        framed: Callable[[float], None] = unobserved,
    ) -> None:
        """``framed`` is called after each frame, with the seconds that ``work`` took."""
        self._work, self._framed = isolated(work, health_check), framed
        self._max_items = max_items
        self._waiting: asyncio.Queue[_Request] = asyncio.Queue()
        self._held: _Request | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="frames")

    async def prepare(self, deliveries: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
        """One result for each delivery, in their order. Raises only the process's own errors."""
        if not deliveries:
            return ()
        answer: asyncio.Future[Sequence[Prepared | DeliveryRefused]] = (
            asyncio.get_running_loop().create_future()
        )
        await self._waiting.put((deliveries, answer))
        return await answer

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            while True:
                await self._serve(await self._gather())
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _gather(self) -> list[_Request]:
        requests = [self._held or await self._waiting.get()]
        self._held = None
        items = _items(requests[0])
        while len(requests) < REQUESTS_A_FRAME and not self._waiting.empty():
            request = self._waiting.get_nowait()
            if items + _items(request) > self._max_items:
                self._held = request
                break
            items += _items(request)
            requests.append(request)
        return requests

    async def _serve(self, requests: list[_Request]) -> None:
        together = [delivery for deliveries, _ in requests for delivery in deliveries]
        loop = asyncio.get_running_loop()
        try:
            results, seconds = await loop.run_in_executor(self._thread, self._timed, together)
        except Exception as cause:  # noqa: BLE001 - every error goes to the lane that asked
            if len(requests) == 1:
                _answer(requests[0], cause)
                return
            # One lane's error must not fail the others: each request makes a frame of its own.
            for request in requests:
                await self._serve([request])
            return
        self._framed(seconds)
        start = 0
        for request in requests:
            end = start + len(request[0])
            _answer(request, results[start:end])
            start = end

    def _timed(
        self, deliveries: Sequence[Arrived]
    ) -> tuple[Sequence[Prepared | DeliveryRefused], float]:
        """Time the work in its thread: on the loop, the wait for the loop would be counted too."""
        began = perf_counter()
        return self._work(deliveries), perf_counter() - began


def _items(request: _Request) -> int:
    return sum(delivery.envelope.item_count for delivery in request[0])


def _answer(request: _Request, answer: Sequence[Prepared | DeliveryRefused] | Exception) -> None:
    _, future = request
    if future.done():
        return  # the lane was closed meanwhile
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
