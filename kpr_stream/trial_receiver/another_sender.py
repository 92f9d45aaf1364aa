"""Send one empty delivery with the vendor's login, as a second outbox of the same unit would."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

from kpr_stream.connectors.delivery import pack, seal
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_producer
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import delivery_topic
from kpr_stream.model.words import MessageType, System
from kpr_stream.schemas.container import write_container
from kpr_stream.schemas.contract import item_schema

SOFTWARE_VERSION = "another-sender"


async def deliver_as_another(
    access: KafkaAccess, system: System, org_nr: str, *, sequence: int, key: PublicKey
) -> str:
    """Write the delivery, and return its id."""
    delivery_id = seal.new_delivery_id()
    value = another_delivery(
        system, org_nr, sequence=sequence, key=key, delivery_id=delivery_id, now_s=time.time()
    )
    producer = AIOKafkaProducer(**access.for_aiokafka(), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(
            delivery_topic(system), value, key=org_nr.encode(), partition=partition_of(org_nr)
        )
    finally:
        await close_producer(producer)
    return delivery_id


def another_delivery(
    system: System,
    org_nr: str,
    *,
    sequence: int,
    key: PublicKey,
    delivery_id: str,
    now_s: float,
) -> bytes:
    """Return the record. ``now_s``: seconds since 1970."""
    day = datetime.fromtimestamp(now_s, UTC).date()
    header = seal.DeliveryHeader(
        system=system,
        software_version=SOFTWARE_VERSION,
        message_type=MessageType.CONSULTATION,
        contract_version=pack.contract_version(MessageType.CONSULTATION),
        municipality_code="0301",
        district_code=None,
        period_from=day,
        period_to=day,
        extracted_at=int(now_s * 1000),
    )
    # No items: their content would count in no case.
    empty = pack.Packed(0, write_container(item_schema(MessageType.CONSULTATION).text, ()))
    record = seal.seal_delivery(
        empty, header, org_nr=org_nr, sequence=sequence, delivery_id=delivery_id, key=key
    )
    return seal.with_attempt(record, 1)
