"""Run the probe as a process, or send one hello and wait for its answer."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

from prometheus_client import CollectorRegistry

from kpr_stream.errors import BrokerError, OutsideLogError, UnavailableError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import public_key
from kpr_stream.metrics.endpoint import serve
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics, describe_process
from kpr_stream.metrics.metric import Process
from kpr_stream.metrics.probe import PROBE_LATENCY, PROBE_SUCCESS
from kpr_stream.model.topics import Role
from kpr_stream.probe.exchange import Exchange
from kpr_stream.probe.pace import EVERY_S, Answer, Pace
from kpr_stream.probe.unit import probe_unit, reporting_unit
from kpr_stream.process.outage import Outage
from kpr_stream.schemas.catalogue import contract_versions
from kpr_stream.settings import Settings

log = logging.getLogger(__name__)

NAME: Final = "probe"
RETRY_S: Final = 5.0
"""Before the next connection to a broker that is away."""
OTHERS: Final = ("kpr_stream.kafka.connect", "kpr_stream.kafka.partition_reader")
"""What these log of a broker that is away, the probe logs itself: once, and once a minute."""


class Probe:
    """Sends hellos and notes the answers. For one task."""

    def __init__(self, exchange: Exchange, metrics: Metrics) -> None:
        self._exchange, self._metrics = exchange, metrics
        self._pace = Pace(lambda: str(uuid.uuid4()))
        self._kafka, self._worker, self._refusal = Outage(log), Outage(log), Outage(log)
        self._why_not: str | None = "No hello has been answered yet."

    def against_ready(self) -> str | None:
        """Why the probe does not see the whole way work; None if the last hello was answered."""
        return self._why_not

    async def step(self) -> None:
        """Do ``look``. A broker that is away is logged and waited for."""
        try:
            await self.look()
        except BrokerError as error:
            self._pace.hurry()
            if isinstance(error, OutsideLogError):
                self._pace.lost()
            self._why_not = error.message
            self._kafka.failed("%s The probe tries again.", error)
            await self._exchange.close()
            await asyncio.sleep(RETRY_S)

    async def look(self) -> Answer | None:
        """Connect if need be, send the hello that is due, and look for its answer once.

        BrokerError if Kafka is away, ConfigurationError if the unit reports.
        """
        await self._exchange.connect()
        self._kafka.ended("Kafka")
        hello = self._pace.due(monotonic())
        if hello is not None:
            await self._exchange.send(hello)
            self._pace.confirmed()
        receipts = await self._exchange.receipts()
        now = monotonic()
        answers = [found for one in receipts if (found := self._pace.answered(one, now))]
        for answer in answers:
            self._note(answer)
        self._judge_wait(now)
        return answers[0] if answers else None

    def _note(self, answer: Answer) -> None:
        if answer.expected_sequence > 1:
            raise reporting_unit(self._exchange.org_nr, answer.expected_sequence)
        self._worker.ended(f"The worker of lane {self._exchange.lane}")
        if answer.refused is not None:
            self._why_not = f"The last hello was refused: {answer.refused}."
            self._refusal.failed(
                "The hello of unit %s was refused: %s.", self._exchange.org_nr, answer.refused
            )
            return
        self._refusal.ended("The answer to hellos")
        self._why_not = None
        self._metrics.of(PROBE_LATENCY).observe(answer.latency_s)
        self._metrics.of(PROBE_SUCCESS).set(time.time())

    def _judge_wait(self, now: float) -> None:
        waited_s = self._pace.late_s(now)
        if waited_s is not None:
            self._why_not = f"The last hello has waited {waited_s:.0f} s for its receipt."
            self._worker.failed(
                "Lane %d has not answered a hello for %.0f s.", self._exchange.lane, waited_s
            )


async def run_probe(settings: Settings, *, on_serving: Callable[[int], None] | None = None) -> None:
    """Send a hello every minute until SIGTERM or SIGINT; raise an error that no retry heals."""
    for name in OTHERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    registry, health = CollectorRegistry(), Health()
    exchange = _exchange(settings)
    probe = Probe(exchange, _metrics(registry, health, settings))
    health.add(probe.against_ready)
    port = serve(settings, registry, health, Process.PROBE, NAME)
    log.info("A hello of unit %s to lane %d every %.0f s.", exchange.org_nr, exchange.lane, EVERY_S)
    if on_serving is not None:
        on_serving(port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    judging, stopping = asyncio.create_task(health.run()), asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            step = asyncio.create_task(probe.step())
            await asyncio.wait((step, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not step.done():
                step.cancel()
            with suppress(asyncio.CancelledError):
                await step
    finally:
        judging.cancel()
        stopping.cancel()
        await exchange.close()


async def probe_once(settings: Settings, *, within_s: float) -> tuple[str, int, Answer]:
    """Send one hello; return unit, lane and answer.

    BrokerError if Kafka is away, UnavailableError if no worker answers in time.
    """
    registry = CollectorRegistry()
    exchange = _exchange(settings)
    probe = Probe(exchange, _metrics(registry, Health(), settings))
    try:
        async with asyncio.timeout(within_s):
            while (answer := await probe.look()) is None:
                pass
    except TimeoutError:
        raise UnavailableError(
            f"Lane {exchange.lane} has not answered a hello within {within_s:.0f} s.",
            what_to_do="Check that a worker runs and has this lane: `kpr-stream status`.",
        ) from None
    finally:
        await exchange.close()
    return exchange.org_nr, exchange.lane, answer


def _exchange(settings: Settings) -> Exchange:
    unit = probe_unit(settings)
    return Exchange(kafka_access(settings, Role.PROBE), public_key(settings), unit)


def _metrics(registry: CollectorRegistry, health: Health, settings: Settings) -> Metrics:
    metrics = Metrics(Process.PROBE, registry)
    describe_process(
        metrics,
        health,
        name=NAME,
        home=settings.home,
        contracts=contract_versions(),
    )
    return metrics
