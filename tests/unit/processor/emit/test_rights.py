"""Reservations and erasures in what is written, and that nobody else can tell."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kpr_stream.model import topics
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import System
from kpr_stream.rights.table import PersonRights, Reservation, Rights
from tests.support.deliveries import consultation, source_record
from tests.support.receiver import Receiver, keys

SYSTEM = System.VISMA_HSPRO
RECEIPTS = topics.receipt_topic(SYSTEM)
ITEM = consultation(1)


def person() -> bytes:
    return keys().pseudonyms.person_key(IdKind.FNR, ITEM["fnr"])


def life(table: Rights) -> Receiver:
    """A consultation accepted, sent again, corrected and sent again."""
    receiver = Receiver(rights=table)
    other = consultation(1, duration_minutes=45)
    for sequence, item in enumerate((ITEM, ITEM, other, other), start=1):
        receiver.take(source_record([item], sequence=sequence, offset=sequence))
    return receiver


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return receiver.read(RECEIPTS, "receipt")


def headers(receiver: Receiver) -> list[bytes]:
    return [o.header.content_hash for o in receiver.written if o.topic == topics.CONSULTATION]


def reserved() -> Rights:
    reservation = Reservation("weight", date(2024, 1, 1), None)
    return Rights(offset=7, persons={person(): PersonRights((reservation,))})


def erased() -> Rights:
    return Rights(offset=8, persons={person(): PersonRights(erased=True)})


@pytest.mark.parametrize("table", [reserved, erased])
def test_neither_receipt_nor_hash_tells_that_somebody_has_asked_for_something(table: Any) -> None:
    plain, other = life(Rights()), life(table())
    assert told(plain) == told(other)
    assert headers(plain) == headers(other)


def test_a_reserved_value_is_in_no_record() -> None:
    records = life(reserved()).read(topics.CONSULTATION, "consultation")
    assert [r["weight_g"] for r in records] == [None, None]
    assert [r["length_mm"] for r in records] == [560, 560]
    assert [r["status"] for r in records] == ["live", "live"]


def test_of_an_erased_person_only_markers_without_content_are_written() -> None:
    receiver = life(erased())
    for record in receiver.read(topics.CONSULTATION, "consultation"):
        assert record["status"] == "deleted"
        assert (record["person_key"], record["date"], record["weight_g"]) == (None, None, None)
    assert receiver.read(topics.IDENTITY, "identity") == []
    assert all(person() not in o.header.pack() for o in receiver.written)


def test_a_stop_mark_holds_also_where_the_person_key_is_another() -> None:
    mark = keys().pseudonyms.stop_mark(IdKind.FNR, ITEM["fnr"])
    table = Rights(
        persons={b"x" * 16: PersonRights(erased=True, stop_mark=mark)}, stop_marks=frozenset({mark})
    )
    records = life(table).read(topics.CONSULTATION, "consultation")
    assert {r["status"] for r in records} == {"deleted"}


def test_the_unit_state_notes_the_rights_that_were_applied() -> None:
    states = life(reserved()).read(topics.UNIT, "unit_state")
    assert {state["rights_offset"] for state in states} == {7}
