"""Send commands to lanes and wait for their results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from kpr_stream.errors import UnavailableError
from kpr_stream.kafka.access import KafkaAccess, kafka_access
from kpr_stream.kafka.close import close_producer
from kpr_stream.kafka.connect import ANSWER, CONNECT_S, diagnose_connection_failure, time_limit
from kpr_stream.kafka.limits import IN_FRONT
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.topics import COMMAND, COMMAND_RESULT, PARTITIONS, Role
from kpr_stream.operate.request import CommandRequest
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings

SEND_S: Final = 10.0
"""For all sends of a call; aiokafka's idempotent producer retries without end. Somebody waits."""

CONFIRM: Final = "confirm all commands (those that arrived are executed all the same)"

Result = dict[str, Any]
"""A record of command_result.v1.avsc."""


class CommandSender:
    """Sends commands as one principal and reads the lanes' results."""

    def __init__(
        self, access: KafkaAccess, producer: AIOKafkaProducer, results: PartitionReader
    ) -> None:
        self._access, self._producer, self._results = access, producer, results

    async def send(self, requests: Sequence[CommandRequest], *, within_s: float) -> list[Result]:
        """Send commands and wait for every lane's result, in the order of ``requests``.

        UnavailableError if a lane does not answer in time, or the wait is interrupted. A command
        that was sent is still executed, once, as soon as its lane is served.
        """
        found: dict[tuple[str, int], Result] = {}
        wanted = [(request.command_id, request.lane) for request in requests]
        try:
            async with time_limit(self._access, SEND_S, CONFIRM):
                sent = [
                    await self._producer.send(
                        COMMAND, request.to_value(), key=request.key, partition=request.lane
                    )
                    for request in requests
                ]
                await asyncio.gather(*sent)
            async with asyncio.timeout(within_s):
                while not found.keys() >= set(wanted):
                    await self._read(set(wanted), found)
        except TimeoutError:
            raise _not_answered(wanted, found, f"within {within_s:.0f} s") from None
        except asyncio.CancelledError:
            # The operator who stops waiting must learn that the command was sent all the same.
            raise _not_answered(wanted, found, "before it was interrupted") from None
        except KafkaError as cause:
            raise await diagnose_connection_failure(self._access, cause) from cause
        return [found[key] for key in wanted]

    async def _read(
        self, wanted: set[tuple[str, int]], found: dict[tuple[str, int], Result]
    ) -> None:
        for records in (await self._results.fetch()).values():
            for record in records:
                if record.value is None or not record.key:
                    continue
                key = record.key.decode("utf-8", "replace"), record.partition
                if key in wanted:
                    found[key] = wire.decode("command_result", record.value)


def _not_answered(
    wanted: Sequence[tuple[str, int]], found: Mapping[tuple[str, int], Result], when: str
) -> UnavailableError:
    missing = len(set(wanted) - found.keys())
    return UnavailableError(
        f"{missing} of {len(wanted)} commands were not answered {when}.",
        what_to_do="Check that workers run. What was sent is carried out once a lane is served; "
        "its answer is on kpr.hst.command-result.",
    )


@asynccontextmanager
async def command_sender(
    settings: Settings, role: Role = Role.TOOLS
) -> AsyncIterator[CommandSender]:
    """Yield a connected sender; it reads results from now on. BrokerError if it cannot connect."""
    access = kafka_access(settings, role)
    producer = AIOKafkaProducer(**access.for_aiokafka(), acks="all", enable_idempotence=True)
    try:
        try:
            async with time_limit(access, CONNECT_S, ANSWER):
                await producer.start()
        except KafkaError as cause:
            raise await diagnose_connection_failure(access, cause) from cause
        reading = PartitionReader(access, {COMMAND_RESULT: PARTITIONS}, answer_s=IN_FRONT.answer_s)
        async with reading as results:
            logs = await results.ranges()
            results.read_from({partition: log.end for partition, log in logs.items()})
            yield CommandSender(access, producer, results)
    finally:
        await close_producer(producer)
