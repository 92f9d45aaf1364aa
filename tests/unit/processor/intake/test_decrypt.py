"""Decrypting a delivery and holding it against its envelope."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kpr_stream.model.delivery import Arrived, Decrypted, DeliveryRefused
from kpr_stream.model.words import MessageType, Refusal
from kpr_stream.processor.intake.arrive import arrive
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from tests.support.deliveries import consultation, container, private_keys, source_record


def _arrived(**more: Any) -> Arrived:
    found = arrive(source_record([consultation(), consultation(1)], **more))
    assert isinstance(found, Arrived)
    return found


def _refusal(arrived: Arrived, *, allow_clear: bool = False) -> Refusal:
    found = decrypt_delivery(arrived, private_keys(), allow_clear=allow_clear)
    assert isinstance(found, DeliveryRefused)
    assert found.envelope is arrived.envelope
    return found.reason


def test_opens() -> None:
    found = decrypt_delivery(_arrived(), private_keys(), allow_clear=False)
    assert isinstance(found, Decrypted)
    assert [count for count, _ in found.blocks] == [2]


def test_clear_payloads_only_where_allowed() -> None:
    arrived = _arrived(encrypted=False)
    assert _refusal(arrived) is Refusal.CLEAR_PAYLOAD
    assert isinstance(decrypt_delivery(arrived, private_keys(), allow_clear=True), Decrypted)


def test_another_key() -> None:
    assert isinstance(found := decrypt_delivery(_arrived(), {}, allow_clear=False), DeliveryRefused)
    assert found.reason is Refusal.UNKNOWN_KEY


@pytest.mark.parametrize(
    "moved", [{"sequence": 2}, {"delivery_id": "other"}, {"org_nr": "other"}], ids=str
)
def test_a_payload_moved_to_another_envelope_does_not_decrypt(moved: dict[str, Any]) -> None:
    arrived = _arrived()
    elsewhere = replace(arrived, envelope=replace(arrived.envelope, **moved))
    assert _refusal(elsewhere) is Refusal.DECRYPTION_FAILED


def test_a_digest_of_something_else() -> None:
    assert _refusal(_arrived(content_digest=bytes(32))) is Refusal.DIGEST_MISMATCH


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_items_than_told(count: int) -> None:
    assert _refusal(_arrived(item_count=count)) is Refusal.COUNT_MISMATCH


def test_what_is_inside_is_no_container() -> None:
    assert _refusal(_arrived(payload=b"Obj\x02")) is Refusal.UNDECODABLE


def test_what_is_inside_is_of_another_contract() -> None:
    appointments = container([], message_type=MessageType.APPOINTMENT)
    assert _refusal(_arrived(payload=appointments)) is Refusal.UNKNOWN_CONTRACT


def test_a_hello_has_nothing_to_open() -> None:
    hello = arrive(source_record(message_type=MessageType.HELLO))
    assert isinstance(hello, Arrived)
    assert _refusal(hello) is Refusal.UNKNOWN_CONTRACT
