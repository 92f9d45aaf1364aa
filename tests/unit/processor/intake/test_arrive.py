"""What can be told of a delivery without decrypting it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.coverage import FIRST_DAY
from kpr_stream.model.delivery import Arrived, DeliveryRefused, SourceRecord
from kpr_stream.model.norwegian_time import norwegian_day
from kpr_stream.model.topics import MAX_DELIVERY_BYTES
from kpr_stream.model.words import Cause, MessageType, Note, System
from kpr_stream.processor.intake.arrive import arrive, item_contract
from kpr_stream.processor.intake.heading import VERSION_NOTES
from kpr_stream.schemas.container import MAX_ITEMS
from kpr_stream.schemas.wire import decode, encode
from tests.support.deliveries import (
    NOW,
    NOW_MS,
    OTHER_ORG_NR,
    consultation,
    source_record,
    synthetic_id,
)

RECORD = source_record([consultation()])
FNR = synthetic_id(date(2020, 1, 2))


def _hello(**fields: Any) -> SourceRecord:
    record = source_record(message_type=MessageType.HELLO)
    sent = decode("delivery", record.value or b"") | fields
    return replace(record, value=encode("delivery", sent))


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
    ("cause", "record"),
    [
        (Cause.NO_VALUE, lambda: replace(RECORD, value=None)),
        (Cause.NO_FRAME, lambda: replace(RECORD, value=b"")),
        (Cause.NO_FRAME, lambda: replace(RECORD, value=b"{" + bytes(9))),
        (Cause.ENVELOPE_NOT_READABLE, lambda: replace(RECORD, value=(RECORD.value or b"")[:-1])),
        (Cause.ENVELOPE_NOT_READABLE, lambda: replace(RECORD, value=(RECORD.value or b"") + b"x")),
        (Cause.RECORD_TOO_LARGE, lambda: replace(RECORD, value=bytes(MAX_DELIVERY_BYTES + 1))),
        (Cause.WRONG_KEY, lambda: replace(RECORD, key=None)),
        (Cause.WRONG_KEY, lambda: replace(RECORD, key=OTHER_ORG_NR.encode())),
        (Cause.WRONG_PARTITION, lambda: replace(RECORD, partition=(RECORD.partition + 1) % 8)),
        (Cause.WRONG_SYSTEM, lambda: replace(RECORD, topic_index=RECORD.topic_index + 1)),
        (Cause.INVALID_ORG_NR, lambda: source_record([], org_nr="974760674")),
        (Cause.INVALID_ORG_NR, lambda: source_record([], org_nr="97476067")),
        (Cause.INVALID_ORG_NR, lambda: source_record([], org_nr="000000000")),
        (Cause.INVALID_ORG_NR, lambda: source_record([], org_nr="999999999")),
        (Cause.INVALID_ORG_NR, lambda: source_record([], org_nr="100000008")),
        (
            Cause.UNKNOWN_MESSAGE_TYPE,
            lambda: source_record(message_type="vaccination", payload=b""),
        ),
        (Cause.CONTRACT_VERSION_UNKNOWN, lambda: source_record([], contract_version="2")),
        (Cause.CONTRACT_VERSION_UNKNOWN, lambda: source_record([], contract_version="x")),
        (Cause.TOO_MANY_ITEMS, lambda: source_record([], item_count=MAX_ITEMS + 1)),
        (Cause.ITEM_COUNT_NEGATIVE, lambda: source_record([], item_count=-1)),
        (Cause.DELIVERY_ID_NOT_UUID, lambda: source_record([], delivery_id="monday")),
        (Cause.ATTEMPT_BELOW_ONE, lambda: source_record([], attempt=0)),
        (Cause.ATTEMPT_BELOW_ONE, lambda: _hello(attempt=0)),
        (Cause.DIGEST_NOT_32_BYTES, lambda: source_record([], content_digest=b"short")),
        (Cause.SEQUENCE_BELOW_ONE, lambda: source_record([], sequence=0)),
        (Cause.SEQUENCE_BELOW_ONE, lambda: source_record([], sequence=-7)),
        (Cause.HELLO_WITH_CONTENT, lambda: _hello(item_count=1)),
        (Cause.HELLO_WITH_CONTENT, lambda: _hello(payload=bytes(17))),
        (Cause.HELLO_WITH_CONTENT, lambda: _hello(sequence=3)),
        (Cause.CLOCK_AHEAD, lambda: _ahead(11)),
        (Cause.CLOCK_BEHIND, lambda: _extracted(datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC))),
        (Cause.CLOCK_BEHIND, lambda: _extracted(datetime(1970, 1, 1, tzinfo=UTC))),
    ],
)
def test_refusals(cause: Cause, record: Callable[[], SourceRecord]) -> None:
    found = arrive(record())
    assert isinstance(found, DeliveryRefused)
    assert found.cause is cause


@pytest.mark.parametrize(
    ("heading", "notes"),
    [
        ({}, ()),
        ({"software_version": ""}, (Note.SOFTWARE_VERSION_EMPTY,)),
        ({"software_version": "v" * 64}, ()),
        ({"software_version": "v" * 65}, (Note.SOFTWARE_VERSION_TOO_LONG,)),
        ({"software_version": f"1.0 {FNR}"}, (Note.SOFTWARE_VERSION_LIKE_ID,)),
        ({"period_from": 19780, "period_to": 19779}, (Note.PERIOD_REVERSED,)),
        ({"period_from": FIRST_DAY}, ()),
        ({"period_from": FIRST_DAY - 1}, (Note.PERIOD_BEFORE_2017,)),
        ({"period_to": norwegian_day(NOW_MS)}, ()),
        ({"period_to": norwegian_day(NOW_MS) + 1}, (Note.PERIOD_AFTER_TODAY,)),
    ],
    ids=str,
)
def test_what_is_not_right_in_an_envelope_is_noted(
    heading: dict[str, Any], notes: tuple[Note, ...]
) -> None:
    arrived = arrive(source_record([], **heading))
    assert isinstance(arrived, Arrived)
    assert arrived.envelope.notes == notes
    stored = arrived.envelope.software_version
    assert stored == ("" if set(notes) & VERSION_NOTES else heading.get("software_version", "1.0"))


@pytest.mark.parametrize("fields", [{"delivery_id": FNR}, {"message_type": FNR}], ids=list)
def test_no_receipt_repeats_what_is_no_such_word(fields: dict[str, Any]) -> None:
    found = arrive(source_record([], payload=b"", **fields))
    assert found.envelope
    assert FNR not in repr(found.envelope)


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
