"""A delivery that is too large for the topic holds its own unit and stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError
from cryptography.hazmat.primitives.asymmetric import rsa

from kpr_stream.connectors.delivery.pack import Packed
from kpr_stream.connectors.delivery.seal import DeliveryHeader, new_delivery_id, seal_delivery
from kpr_stream.connectors.exchange.publish import MAX_RECORD_BYTES, Publisher
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.records import NewDelivery
from kpr_stream.errors import BrokerError
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.words import MessageType, System
from tests.support.no_broker import NO_BROKER
from tests.unit.connectors.exports import OTHER_UNIT, UNIT
from tests.unit.connectors.outboxes import opened, with_open_unit

_DAY = date(2025, 1, 1)
KEY = PublicKey("key-1", rsa.generate_private_key(65537, 2048).public_key())


class Client:
    """aiokafka's producer. It refuses records of one unit, at once or when it is answered."""

    def __init__(self, at_once: dict[str, KafkaError], later: dict[str, KafkaError]) -> None:
        self.at_once, self.later = at_once, later
        self.sent: list[str] = []

    async def send(self, _: str, __: bytes, *, key: bytes, partition: int, headers: Any) -> Any:
        assert not headers, "traces are off"
        del partition
        org_nr = key.decode()
        if org_nr in self.at_once:
            raise self.at_once[org_nr]
        answer = asyncio.get_running_loop().create_future()
        if org_nr in self.later:
            answer.set_exception(self.later[org_nr])
        else:
            self.sent.append(org_nr)
            answer.set_result(None)
        return answer


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path)
    for name in (UNIT, OTHER_UNIT):
        with_open_unit(found, name)
    yield found
    found.close()


def keep(outbox: Outbox, org_nr: str, payload: bytes = b"x") -> None:
    header = DeliveryHeader(
        system=System.VISMA_HSPRO,
        software_version="1",
        message_type=MessageType.CONSULTATION,
        contract_version="1",
        municipality_code="0301",
        district_code=None,
        period_from=_DAY,
        period_to=_DAY,
        extracted_at=0,
    )
    new = new_delivery_id()
    record = seal_delivery(
        Packed(1, payload), header, org_nr=org_nr, sequence=1, delivery_id=new, key=KEY
    )
    outbox.keep(org_nr, "digest", [NewDelivery(new, org_nr, 1, 1, record)])


def held(outbox: Outbox) -> dict[str, str | None]:
    return {row["org_nr"]: row["reason"] for row in outbox.unit_rows()}


async def send(outbox: Outbox, **refused: dict[str, KafkaError]) -> list[str]:
    client = Client(refused.get("at_once", {}), refused.get("later", {}))
    publisher = Publisher(System.VISMA_HSPRO, NO_BROKER, KEY, cast("Any", client))
    number = await publisher.send_ready(outbox, window=4)
    assert number >= len(client.sent)
    return client.sent


async def test_a_record_of_an_older_release_that_is_too_large_is_never_sent(
    outbox: Outbox,
) -> None:
    keep(outbox, UNIT, bytes(MAX_RECORD_BYTES))
    keep(outbox, OTHER_UNIT)
    assert await send(outbox) == [OTHER_UNIT]
    assert held(outbox) == {UNIT: "TOO_LARGE", OTHER_UNIT: None}
    assert outbox.rebuild_unit(UNIT)


@pytest.mark.parametrize("when", ["at_once", "later"])
async def test_a_size_that_the_topic_refuses_is_no_error_of_kafka(
    outbox: Outbox, when: str
) -> None:
    for name in (UNIT, OTHER_UNIT):
        keep(outbox, name)
    assert await send(outbox, **{when: {UNIT: MessageSizeTooLargeError()}}) == [OTHER_UNIT]
    assert held(outbox) == {UNIT: "TOO_LARGE", OTHER_UNIT: None}


@pytest.mark.parametrize("when", ["at_once", "later"])
async def test_any_other_error_of_the_broker_ends_the_run(outbox: Outbox, when: str) -> None:
    keep(outbox, UNIT)
    with pytest.raises(BrokerError, match="cannot be reached"):
        await send(outbox, **{when: {UNIT: KafkaConnectionError()}})
    assert held(outbox) == {UNIT: None, OTHER_UNIT: None}
