"""Compare the topics with those that lanes were opened on, while the worker runs.

A topic may be deleted and made again under a running worker. Until it is noticed, deliveries on the
new topic that lie below a lane's position are dropped; they are read when the lane opens again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from kpr_stream.errors import BrokerError, TopicChangedError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.topics import WORKER_TOPICS
from kpr_stream.processor.state.topic_notes import WAY_ON, Ids

log = logging.getLogger(__name__)

CHECK_S: Final = 5.0
"""How often the topics are compared: one request, of some milliseconds."""


class TopicWatch:
    """``known`` gives the ids that lanes were opened on; ``died`` must end the process."""

    def __init__(
        self,
        access: KafkaAccess,
        client_id: str,
        *,
        known: Callable[[], Ids],
        died: Callable[[BaseException], None],
    ) -> None:
        self._access, self._client_id = access, client_id
        self._known, self._died = known, died
        self._reported = ""

    async def run(self) -> None:
        """Compare until cancelled. Ask a broker that is away again; a change ends the worker."""
        while True:
            await asyncio.sleep(CHECK_S)
            try:
                async with self._reader() as reader:
                    while True:
                        compare(self._known(), await reader.topic_ids())
                        self._reported = ""
                        await asyncio.sleep(CHECK_S)
            except BrokerError as cause:
                self._report(str(cause))
            except TopicChangedError as cause:
                self._died(cause)
                return

    def _reader(self) -> PartitionReader:
        return PartitionReader(self._access, WORKER_TOPICS, client_id=f"{self._client_id}-topics")

    def _report(self, text: str) -> None:
        if text != self._reported:
            log.error("The topics cannot be compared: %s", text)
        self._reported = text


def compare(known: Ids, now: Ids) -> None:
    """Raise TopicChangedError if a topic has another id than the one lanes were opened on."""
    changed = [topic for topic, topic_id in known.items() if now.get(topic, topic_id) != topic_id]
    if changed:
        raise TopicChangedError(
            f"{', '.join(changed)}: made again while this worker was running.",
            what_to_do=WAY_ON,
        )
