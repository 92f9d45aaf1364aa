"""What can be told of a delivery without decrypting it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.delivery import Arrived, DeliveryRefused, SourceRecord
from kpr_stream.model.topics import MAX_DELIVERY_BYTES
from kpr_stream.model.words import MessageType, Refusal, System
from kpr_stream.processor.intake.arrive import arrive, item_contract
from kpr_stream.schemas.container import MAX_ITEMS
from tests.support.deliveries import NOW, NOW_MS, OTHER_ORG_NR, consultation, source_record

RECORD = source_record([consultation()])


def _ahead(minutes: int) -> SourceRecord:
    return source_record([], extracted_at=NOW + timedelta(minutes=minutes))


def test_a_good_delivery_arrives_with_its_envelope() -> None:
    arrived = arrive(RECORD)
    assert isinstance(arrived, Arrived)
    assert arrived.source is RECORD
    assert arrived.envelope.system is System.VISMA_HSPRO
    assert arrived.envelope.item_count == 1
    assert arrived.envelope.extracted_at == NOW_MS - 60_000


@pytest.mark.parametrize(
    "heading",
    [
        {"period_from": 2**31 - 1, "period_to": -(2**31)},
        {"period_from": 2_932_897},  # 10000-01-01
        *({"district_code": text} for text in ("4U", "01", "", "sentrum", "0" * 100)),
        *({"municipality_code": text} for text in ("0", "Oslo", "", "9999")),
        *({"software_version": text} for text in ("", " ", "ukjent")),
    ],
    ids=str,
)
def test_a_heading_that_describes_badly_costs_no_delivery(heading: dict[str, Any]) -> None:
    assert isinstance(arrive(source_record([], **heading)), Arrived)


def test_a_quiet_day_and_a_hello_arrive() -> None:
    assert isinstance(arrive(source_record([])), Arrived)
    assert isinstance(arrive(source_record(message_type=MessageType.HELLO)), Arrived)


def test_ten_minutes_ahead_is_still_now() -> None:
    assert isinstance(arrive(_ahead(10)), Arrived)


def test_a_clock_that_was_ahead_makes_no_correction_stale_once_it_is_right() -> None:
    wrong = arrive(_ahead(8))
    right = arrive(
        replace(
            source_record([], extracted_at=NOW + timedelta(minutes=2)), received_at=NOW_MS + 180_000
        )
    )
    assert isinstance(wrong, Arrived)
    assert isinstance(right, Arrived)
    assert wrong.envelope.extracted_at == NOW_MS
    assert right.envelope.extracted_at == NOW_MS + 120_000


def test_milliseconds_are_exact() -> None:
    said = datetime(2024, 3, 5, 11, 0, 0, 999_000, tzinfo=UTC)
    arrived = arrive(source_record([], extracted_at=said))
    assert arrived.envelope
    assert arrived.envelope.extracted_at % 1000 == 999


@pytest.mark.parametrize(
    ("reason", "record"),
    [
        (Refusal.UNDECODABLE, lambda: replace(RECORD, value=None)),
        (Refusal.UNDECODABLE, lambda: replace(RECORD, value=b"")),
        (Refusal.TOO_LARGE, lambda: replace(RECORD, value=bytes(MAX_DELIVERY_BYTES + 1))),
        (Refusal.WRONG_KEY, lambda: replace(RECORD, key=None)),
        (Refusal.WRONG_KEY, lambda: replace(RECORD, key=OTHER_ORG_NR.encode())),
        (Refusal.WRONG_PARTITION, lambda: replace(RECORD, partition=(RECORD.partition + 1) % 8)),
        (Refusal.WRONG_SYSTEM, lambda: replace(RECORD, topic_index=RECORD.topic_index + 1)),
        (Refusal.INVALID_ORG_NR, lambda: source_record([], org_nr="974760674")),
        (Refusal.INVALID_ORG_NR, lambda: source_record([], org_nr="97476067")),
        (Refusal.INVALID_ORG_NR, lambda: source_record([], org_nr="000000000")),
        (Refusal.INVALID_ORG_NR, lambda: source_record([], org_nr="999999999")),
        (Refusal.INVALID_ORG_NR, lambda: source_record([], org_nr="100000008")),
        (
            Refusal.UNKNOWN_MESSAGE_TYPE,
            lambda: source_record(message_type="vaccination", payload=b""),
        ),
        (Refusal.UNKNOWN_CONTRACT, lambda: source_record([], contract_version="2")),
        (Refusal.UNKNOWN_CONTRACT, lambda: source_record([], contract_version="x")),
        (Refusal.TOO_MANY_ITEMS, lambda: source_record([], item_count=MAX_ITEMS + 1)),
        (Refusal.UNDECODABLE, lambda: source_record([], item_count=-1)),
        (Refusal.UNDECODABLE, lambda: source_record([], delivery_id="monday")),
        (Refusal.UNDECODABLE, lambda: source_record([], content_digest=b"short")),
        (Refusal.UNDECODABLE, lambda: source_record([], sequence=0)),
        (Refusal.UNDECODABLE, lambda: source_record(message_type=MessageType.HELLO, item_count=1)),
        (Refusal.CLOCK_AHEAD, lambda: _ahead(11)),
        (Refusal.CLOCK_BEHIND, lambda: _extracted(datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC))),
        (Refusal.CLOCK_BEHIND, lambda: _extracted(datetime(1970, 1, 1, tzinfo=UTC))),
    ],
)
def test_refusals(reason: Refusal, record: Callable[[], SourceRecord]) -> None:
    found = arrive(record())
    assert isinstance(found, DeliveryRefused)
    assert found.reason is reason


def test_a_refusal_can_be_answered_to_the_topics_system() -> None:
    found = arrive(source_record([], system=System.EG_INFODOC))
    wrong = arrive(replace(RECORD, topic_index=RECORD.topic_index + 1))
    assert found.envelope
    assert wrong.envelope
    assert wrong.envelope.system == found.envelope.system == System.EG_INFODOC


@pytest.mark.parametrize("version", ["", "0", "01", "1.0", "١", "9" * 30])
def test_no_such_contract(version: str) -> None:
    assert item_contract("consultation", version) is None


def test_a_hello_has_no_item_contract() -> None:
    assert item_contract(MessageType.HELLO, "1") is None


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(value: bytes) -> None:
    assert isinstance(arrive(replace(RECORD, value=value)), DeliveryRefused)


@given(st.integers(0, 400), st.integers(0, 255))
def test_any_changed_byte_is_answered(at: int, byte: int) -> None:
    value = bytearray(RECORD.value or b"")
    value[at % len(value)] = byte
    assert isinstance(arrive(replace(RECORD, value=bytes(value))), Arrived | DeliveryRefused)


def _extracted(at: datetime) -> SourceRecord:
    return source_record([], extracted_at=at)


def test_the_first_extraction_is_of_2017() -> None:
    assert isinstance(arrive(_extracted(datetime(2017, 1, 1, tzinfo=UTC))), Arrived)
