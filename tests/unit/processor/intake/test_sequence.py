"""Order of deliveries: next, repeat, reuse, too old, out of order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kpr_stream.model.delivery import Envelope
from kpr_stream.model.unit import RECENT_DELIVERIES, RecentDelivery, UnitState
from kpr_stream.model.words import MessageType, ReceiptStatus, System
from kpr_stream.processor.intake.sequence import is_next, place_in_sequence

DIGEST, OTHER = b"d" * 16, b"o" * 16


def envelope(sequence: int, message_type: MessageType = MessageType.CONSULTATION) -> Envelope:
    return Envelope(
        delivery_id="11111111-1111-4111-8111-111111111111",
        attempt=1,
        message_type=message_type,
        contract_version="1",
        system=System.EG_INFODOC,
        software_version="1.0",
        org_nr="999999999",
        municipality_code="0301",
        district_code=None,
        sequence=sequence,
        extracted_at=0,
        item_count=0,
        content_digest=b"",
        encryption=None,
        payload=b"",
    )


def after(sequences: int) -> UnitState:
    state = UnitState(org_nr="999999999", system=System.EG_INFODOC)
    for sequence in range(1, sequences + 1):
        state = state.processed(
            RecentDelivery(sequence, DIGEST, MessageType.CONSULTATION, (sequence,) + (0,) * 6),
            municipality_code="0301",
            software_version="1.0",
            at=sequence,
            months=0,
        )
    return state


@pytest.mark.parametrize(
    ("known", "sequence", "digest", "status"),
    [
        (0, 1, DIGEST, ReceiptStatus.PROCESSED),
        (0, 2, DIGEST, ReceiptStatus.OUT_OF_ORDER),
        (3, 4, DIGEST, ReceiptStatus.PROCESSED),
        (3, 9, DIGEST, ReceiptStatus.OUT_OF_ORDER),
        (3, 3, DIGEST, ReceiptStatus.REPEATED),
        (3, 1, DIGEST, ReceiptStatus.REPEATED),
        (3, 3, OTHER, ReceiptStatus.SEQUENCE_REUSED),
        (3, 0, DIGEST, ReceiptStatus.TOO_OLD),
        (3, -1, DIGEST, ReceiptStatus.TOO_OLD),
        (RECENT_DELIVERIES + 1, 1, DIGEST, ReceiptStatus.TOO_OLD),
        (RECENT_DELIVERIES + 1, 2, DIGEST, ReceiptStatus.REPEATED),
    ],
)
def test_place(known: int, sequence: int, digest: bytes, status: ReceiptStatus) -> None:
    assert place_in_sequence(after(known), envelope(sequence), lambda _: digest).status is status


def test_a_repeat_is_answered_with_its_own_counts() -> None:
    assert place_in_sequence(after(3), envelope(2), lambda _: DIGEST).counts == (
        2,
        0,
        0,
        0,
        0,
        0,
        0,
    )


def test_hello_is_never_next() -> None:
    hello = envelope(4, MessageType.HELLO)
    verdict = place_in_sequence(after(3), hello, lambda _: DIGEST)
    assert verdict.status is ReceiptStatus.HELLO
    assert not verdict.is_next
    assert not is_next(after(3), hello)


@pytest.mark.parametrize(
    ("sequence", "message_type"),
    [(4, MessageType.CONSULTATION), (5, MessageType.CONSULTATION), (0, MessageType.HELLO)],
)
def test_only_a_possible_repeat_needs_a_keyed_hash(
    sequence: int, message_type: MessageType
) -> None:
    def unused(_: bytes) -> bytes:
        raise AssertionError("a hash that nobody looks at costs time")

    place_in_sequence(after(3), envelope(sequence, message_type), unused)
    with pytest.raises(AssertionError):
        place_in_sequence(after(3), envelope(3), unused)


def test_a_refusal_blocks_from_the_first_one_and_a_processed_delivery_unblocks() -> None:
    blocked = after(2).refused("DIGEST_MISMATCH", at=10).refused("UNDECODABLE", at=20)
    assert (blocked.blocked_since, blocked.blocked_reason) == (10, "UNDECODABLE")
    assert blocked.next_sequence == 3
    delivery = RecentDelivery(3, DIGEST, MessageType.CONSULTATION, (0,) * 7)
    freed = blocked.processed(
        delivery, municipality_code="0301", software_version="1", at=30, months=0
    )
    assert (freed.blocked_since, freed.blocked_reason, freed.next_sequence) == (None, None, 4)


def test_state_survives_its_record() -> None:
    state = replace(after(5).refused("TOO_LARGE", at=7), rights_offset=12)
    assert UnitState.from_record(state.to_record()) == state
