"""A rejected item's life: opened, closed by a better version, replaced by a newer rejection."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model import topics
from kpr_stream.model.words import MessageType, System
from kpr_stream.simulate.identifiers import org_nr
from tests.support.deliveries import NOW, appointment, consultation, source_record
from tests.support.receiver import Receiver

BAD: dict[str, Any] = {"start": None}


def take(receiver: Receiver, sequence: int, *items: dict[str, Any], **more: Any) -> None:
    receiver.take(source_record(items, sequence=sequence, offset=sequence, **more))


def states(receiver: Receiver) -> dict[str, str]:
    """The newest state of each quarantined item, in the order they came."""
    found: dict[str, str] = {}
    for state in receiver.read(topics.QUARANTINE_STATE, "quarantine_state"):
        found[state["quarantine_id"]] = state["state"]
    return found


@pytest.mark.parametrize("better", [{}, {"operation": "delete"}, {"operation": "keep"}])
def test_an_item_closes_itself_when_it_comes_again_and_is_not_rejected(better: Any) -> None:
    receiver = Receiver()
    take(receiver, 1, consultation(1, **BAD), consultation(2, **BAD))
    assert list(states(receiver).values()) == ["open", "open"]
    take(receiver, 2, consultation(1, **better))
    assert list(states(receiver).values()) == ["closed", "open"]


def test_an_item_that_is_rejected_again_is_open_once() -> None:
    receiver = Receiver()
    for sequence in (1, 2, 3):
        take(receiver, sequence, consultation(1, **BAD))
    assert list(states(receiver).values()) == ["closed", "closed", "open"]
    take(receiver, 4, consultation(1))
    assert set(states(receiver).values()) == {"closed"}


def test_an_older_version_closes_nothing() -> None:
    receiver = Receiver()
    take(receiver, 1, consultation(1))
    take(receiver, 2, consultation(1, **BAD))
    older = {"extracted_at": NOW - timedelta(days=2)}
    take(receiver, 3, consultation(1, duration_minutes=7), **older)
    assert list(states(receiver).values()) == ["open"]


NO_ID: dict[str, Any] = {"consultation_id": None}


@pytest.mark.parametrize("no_id", [NO_ID, {"consultation_id": ""}, {"consultation_id": "000"}])
def test_an_item_without_an_id_that_comes_again_unchanged_is_open_once(no_id: Any) -> None:
    receiver = Receiver()
    for sequence in (1, 2, 3):
        take(receiver, sequence, consultation(1, **no_id))
    assert list(states(receiver).values()) == ["closed", "closed", "open"]


@pytest.mark.parametrize("again", [{}, BAD])
def test_an_item_that_comes_again_with_an_id_closes_the_one_without(again: Any) -> None:
    receiver = Receiver()
    take(receiver, 1, consultation(1, **NO_ID | again), consultation(2, **NO_ID))
    take(receiver, 2, consultation(1, **again))
    left = ["open"] if again else []
    assert list(states(receiver).values()) == ["closed", "open", *left]
    take(receiver, 3, consultation(1), consultation(2))
    assert set(states(receiver).values()) == {"closed"}


def test_equal_items_without_an_id_are_counted_one_by_one() -> None:
    receiver = Receiver()
    same = consultation(1, **NO_ID)
    take(receiver, 1, same, same, same)
    assert list(states(receiver).values()) == ["open"] * 3
    take(receiver, 2, same, same, same)
    assert list(states(receiver).values()) == ["closed"] * 3 + ["open"] * 3
    take(receiver, 3, same | {"consultation_id": "k-1"}, same | {"consultation_id": "k-2"})
    assert list(states(receiver).values())[3:] == ["closed", "closed", "open"]


@pytest.mark.parametrize(
    "more",
    [
        {"org_nr": org_nr(3)},
        {"system": System.EG_INFODOC},
    ],
)
def test_an_item_without_an_id_is_known_again_within_its_unit_and_system_only(more: Any) -> None:
    receiver = Receiver()
    take(receiver, 1, consultation(1, **NO_ID))
    receiver.take(source_record([consultation(1, **NO_ID)], sequence=1, offset=9, **more))
    assert list(states(receiver).values()) == ["open", "open"]


@pytest.mark.parametrize("other", [{"duration_minutes": 7}, {"operation": "delete"}])
def test_an_item_without_an_id_that_is_changed_is_another_one(other: Any) -> None:
    receiver = Receiver()
    take(receiver, 1, consultation(1, **NO_ID))
    take(receiver, 2, consultation(1, **NO_ID | other))
    take(receiver, 3, consultation(1, **other))
    assert list(states(receiver).values()) == ["open", "closed"]


def test_an_appointment_without_an_id_is_known_again_too() -> None:
    receiver = Receiver()
    for sequence, of in ((1, {"appointment_id": None}), (2, {"appointment_id": None}), (3, {})):
        take(receiver, sequence, appointment(1, **of), message_type=MessageType.APPOINTMENT)
    assert list(states(receiver).values()) == ["closed", "closed"]


def test_a_unit_that_always_sends_ids_pays_for_no_substitute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unwanted(*_: Any) -> bytes:
        raise AssertionError("no item lacks an id")

    monkeypatch.setattr(Pseudonyms, "substitute_key", unwanted)
    receiver = Receiver()
    take(receiver, 1, consultation(1, **BAD), consultation(2))
    take(receiver, 2, consultation(1))
    assert list(states(receiver).values()) == ["closed"]


def test_the_state_says_where_the_item_came_from_and_nothing_of_it() -> None:
    receiver = Receiver()
    take(receiver, 7 - 6, consultation(1), consultation(2, **BAD))
    (state,) = receiver.read(topics.QUARANTINE_STATE, "quarantine_state")
    assert (state["sequence"], state["item_index"], state["software_version"]) == (1, 1, "1.0")
    assert state["system"] == System.VISMA_HSPRO
    assert state["rules"]


@pytest.mark.parametrize("no_id", [{}, NO_ID])
def test_what_is_open_is_remembered_from_the_records_alone(no_id: Any) -> None:
    receiver = Receiver()
    take(receiver, 1, consultation(1, **BAD | no_id), consultation(2, **BAD | no_id))
    take(receiver, 2, consultation(1, **BAD | no_id), consultation(3, **BAD))
    take(receiver, 3, consultation(1), consultation(3))
    live = {k: v for k, v in receiver.ledger.entries.items() if k[:1] not in b"ow"}
    assert receiver.rebuilt() == live
    assert receiver.rebuilt(compacted=True) == live
