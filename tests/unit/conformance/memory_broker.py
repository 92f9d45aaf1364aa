"""A broker in memory, and the trial receiver on it: its own loop, decisions and faults."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from kpr_stream.model.output import OutputRecord
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import delivery_topic
from kpr_stream.model.words import System
from kpr_stream.schemas.catalogue import schema
from kpr_stream.trial_receiver.another_sender import another_delivery
from kpr_stream.trial_receiver.decide import RECEIPT, decoded
from kpr_stream.trial_receiver.run import TrialReceiver

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROUND_S = 0.05


@dataclass(slots=True)
class MemoryBroker:
    """The delivery topics with what is not read yet, and the receipts that were written."""

    system: System
    is_away: bool = False
    receipts: list[dict[str, Any]] = field(default_factory=list)
    _unread: dict[TopicPartition, list[Any]] = field(default_factory=lambda: defaultdict(list))
    _ends: dict[TopicPartition, int] = field(default_factory=lambda: defaultdict(int))

    def send(
        self,
        value: bytes,
        *,
        key: bytes,
        partition: int,
    ) -> None:
        """Write a delivery."""
        place = TopicPartition(delivery_topic(self.system), partition)
        self._unread[place].append(
            SimpleNamespace(
                offset=self._ends[place],
                timestamp=int(NOW.timestamp() * 1000),
                key=key,
                value=value,
                headers=(),
            )
        )
        self._ends[place] += 1

    async def fetch(self) -> dict[TopicPartition, list[Any]]:
        """Return what came since the last fetch, as a reader of partitions does."""
        await asyncio.sleep(ROUND_S)
        found, self._unread = dict(self._unread), defaultdict(list)
        return found

    async def write(self, receipts: Sequence[tuple[int, OutputRecord]]) -> None:
        """Write the parts of a receipt, as a writer of receipts does."""
        first = schema(RECEIPT, 1).id.to_bytes(4, "big")
        self.receipts.extend(
            decoded(one) | {"version": 1 if (one.value or b"")[1:5] == first else 2}
            for _, one in receipts
        )


class MemoryReceiver(TrialReceiver):
    """A trial receiver whose broker is in memory."""

    broker: MemoryBroker

    async def run(self) -> None:
        """Receive until cancelled."""
        for fault in self._script.due():
            await self._play(fault, self.broker)  # type: ignore[arg-type] # what it uses of it
        self.ready.set()
        while True:
            await self._round(self.broker, self.broker)  # type: ignore[arg-type] # the same

    def _freeze_broker(self) -> None:
        self.broker.is_away = True

    def _continue_broker(self) -> None:
        self.broker.is_away = False


def another_sender_on(broker: MemoryBroker) -> Any:
    """Return what sends as another sender does, to this broker."""

    async def send(_access: object, system: System, org_nr: str, *, sequence: int, key: Any) -> str:
        delivery_id = f"00000000-0000-4000-8000-{org_nr:>012}"
        value = another_delivery(
            system,
            org_nr,
            sequence=sequence,
            key=key,
            delivery_id=delivery_id,
            now_s=NOW.timestamp(),
        )
        broker.send(value, key=org_nr.encode(), partition=partition_of(org_nr))
        return delivery_id

    return send
