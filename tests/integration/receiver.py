"""A small receiver on the real broker: what the connector is tried against, alone.

It does what the contract says of order and receipts, and takes outcomes from the simulator's
perfect receiver. It is no processor: it keeps nothing on a disk.
"""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import fastavro
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import keyring
from kpr_stream.keys.envelope import EncryptedPayload, associated_data, decrypt
from kpr_stream.keys.keyring import KeyRing
from kpr_stream.model.topics import PARTITIONS, delivery_topic, receipt_topic
from kpr_stream.model.words import OUTCOMES, MessageType, Operation, ReceiptStatus, Service, System
from kpr_stream.schemas import wire
from kpr_stream.schemas.contract import ID_FIELDS
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.entries import Entry
from kpr_stream.simulate.small.places import Unit
from kpr_stream.simulate.small.truth import Receiver
from tests.support.small_receipt import small_receipt


@dataclass
class SmallReceiver:
    """Answers the deliveries of one system until it is cancelled."""

    settings: Settings
    system: System
    refuse: dict[tuple[str, int], str] = field(default_factory=dict)
    """Refused as often as they come, until taken out of here."""
    next_sequence: Counter[str] = field(default_factory=Counter)
    counts: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    answered: Counter[ReceiptStatus] = field(default_factory=Counter)
    processed: list[dict[str, Any]] = field(default_factory=list)
    """The envelopes of the deliveries that were processed, in order, without their payloads."""
    started: asyncio.Event = field(default_factory=asyncio.Event)
    units: dict[str, Receiver] = field(default_factory=dict)
    ring: KeyRing = field(init=False)

    async def run(self) -> None:
        access = kafka_access(self.settings, "processor").for_aiokafka()
        self.ring = keyring(self.settings)
        topic = delivery_topic(self.system)
        async with (
            AIOKafkaConsumer(**access, enable_auto_commit=False) as consumer,
            AIOKafkaProducer(**access, acks="all") as producer,
        ):
            partitions = [TopicPartition(topic, n) for n in range(PARTITIONS)]
            consumer.assign(partitions)
            await consumer.seek_to_end(*partitions)
            self.started.set()
            async for record in consumer:
                delivery = wire.decode("delivery", record.value)
                receipt = self.answer(delivery, record.key, record.partition, record.offset)
                self.answered[receipt["status"]] += 1
                await producer.send_and_wait(
                    receipt_topic(self.system), wire.encode("receipt", receipt), key=record.key
                )

    def answer(
        self, delivery: Mapping[str, Any], key: bytes, partition: int, offset: int
    ) -> dict[str, Any]:
        org_nr, sequence = delivery["org_nr"], delivery["sequence"]
        assert key == org_nr.encode()
        expected = self.next_sequence[org_nr] + 1
        counts = {str(outcome): 0 for outcome in OUTCOMES}
        reason = None
        if delivery["message_type"] == MessageType.HELLO:
            status = ReceiptStatus.HELLO
            self.open(delivery)
        elif sequence < expected:
            status, counts = ReceiptStatus.REPEATED, self.counts[org_nr, sequence]
        elif sequence > expected:
            status = ReceiptStatus.OUT_OF_ORDER
        elif (org_nr, sequence) in self.refuse:
            status, reason = ReceiptStatus.REFUSED, self.refuse[org_nr, sequence]
        else:
            status, counts = ReceiptStatus.PROCESSED, self.process(delivery)
            self.next_sequence[org_nr] = sequence
            expected += 1
            self.counts[org_nr, sequence] = counts
            self.processed.append({**delivery, "payload": b""})
        return small_receipt(
            delivery,
            self.system,
            (partition, offset),
            status,
            expected_sequence=expected,
            counts=counts,
            reason=reason,
        )

    def open(self, delivery: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The items of a delivery, decrypted and checked against its envelope."""
        names = ("org_nr", "system", "sequence", "delivery_id", "message_type", "contract_version")
        clear = decrypt(
            EncryptedPayload(ciphertext=delivery["payload"], **delivery["encryption"]),
            private_keys=self.ring.private_keys,
            bound_to=associated_data(**{name: delivery[name] for name in names}),
        )
        items: list[Any] = list(fastavro.reader(io.BytesIO(clear))) if clear else []
        assert len(items) == delivery["item_count"]
        return items

    def process(self, delivery: Mapping[str, Any]) -> dict[str, int]:
        org_nr = delivery["org_nr"]
        unit = Unit(
            org_nr=org_nr,
            system=self.system,
            municipality_code=delivery["municipality_code"],
            district_code=None,
            services=(Service.HFU,),
            weight=1,
        )
        receiver = self.units.setdefault(org_nr, Receiver(unit))
        message_type = MessageType(delivery["message_type"])
        counts = {str(outcome): 0 for outcome in OUTCOMES}
        for item in self.open(delivery):
            operation = Operation(item["operation"])
            content = item if operation is Operation.UPSERT else None
            entry = Entry(message_type, operation, item[ID_FIELDS[message_type]], content)
            version = (delivery["extracted_at"], delivery["sequence"])
            counts[receiver.take(entry, version)] += 1
        return counts
