"""End a worker in limited time after SIGTERM or SIGINT, also while Kafka does not answer.

A worker that loses Kafka while Faust starts ends with the reason, not with a traceback.

Faust leaves the group before it ends, and aiokafka asks a silent broker for 40 s. The service
manager would kill the worker first, and an operator would learn nothing. Nothing is lost by ending
early: whatever is not committed is processed by the lanes' next owners.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Awaitable, Callable
from threading import Timer
from typing import Any, Final

import faust
from aiokafka.errors import KafkaError

from kpr_stream.errors import BrokerError
from kpr_stream.processor.lanes.lane import CLOSE_PRODUCER_S, IN_FLIGHT_S

log = logging.getLogger(__name__)

LEAVE_S: Final = 3.0
"""How long a worker may take to leave its group. Otherwise its lanes wait for the session
timeout, as they do after a crash."""
CLOSE_LANES_S: Final = IN_FLIGHT_S + 2 * CLOSE_PRODUCER_S
"""How long open lanes may take to close: see ``OpenLane.close``."""


def end_stopped() -> None:
    """End the process with exit code 0, as it was asked to."""
    os._exit(0)


class StoppingWorker(faust.Worker):
    """Faust's worker, which ends after a signal even if Faust's own stop does not return.

    ``serves`` returns whether lanes are open; without any there is nothing to wait for.
    ``diagnose`` makes the project's error of one of Kafka, and ``failed`` ends the process with it.
    """

    def __init__(
        self,
        *services: Any,  # noqa: ANN401 - as Faust takes them
        serves: Callable[[], bool],
        diagnose: Callable[[KafkaError], Awaitable[BrokerError]],
        failed: Callable[[BrokerError], None],
        end: Callable[[], None] = end_stopped,
        **options: Any,  # noqa: ANN401 - as Faust takes them
    ) -> None:
        super().__init__(*services, **options)
        # Faust's progress spinner writes control characters, also where no terminal is: they would
        # come before the first line of the log.
        self.spinner = None
        self._serves, self._end = serves, end
        self._diagnose, self._failed = diagnose, failed
        self._limit: Timer | None = None

    async def start(self) -> None:
        """Start every service; without Kafka, end the process as ``failed`` does."""
        try:
            await super().start()
        except KafkaError as cause:
            self._failed(await self._diagnose(cause))

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        if self._limit is None:
            seconds = LEAVE_S + (CLOSE_LANES_S if self._serves() else 0.0)
            # A thread, because the loop may hang too.
            self._limit = Timer(seconds, self._end_late, (seconds,))
            self._limit.daemon = True
            self._limit.start()
        super()._schedule_shutdown(signal)

    def _end_late(self, seconds: float) -> None:
        log.warning(
            "Kafka did not let this worker leave its group within %.0f s: it ends without. Its "
            "lanes move once the session timeout has passed.",
            seconds,
        )
        self._end()
