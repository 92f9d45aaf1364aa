"""A rejected item's life: opened, closed by a better version, replaced by a newer rejection."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kpr_stream.model import topics
from kpr_stream.model.words import System
from tests.support.deliveries import NOW, consultation, source_record
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


def test_an_item_without_an_id_stays_open_and_disturbs_no_other() -> None:
    receiver = Receiver()
    take(receiver, 1, consultation(1, consultation_id=None), consultation(2, consultation_id=None))
    take(receiver, 2, consultation(1), consultation(2))
    assert list(states(receiver).values()) == ["open", "open"]


def test_the_state_says_where_the_item_came_from_and_nothing_of_it() -> None:
    receiver = Receiver()
    take(receiver, 7 - 6, consultation(1), consultation(2, **BAD))
    (state,) = receiver.read(topics.QUARANTINE_STATE, "quarantine_state")
    assert (state["sequence"], state["item_index"], state["software_version"]) == (1, 1, "1.0")
    assert state["system"] == System.VISMA_HSPRO
    assert state["rules"]


def test_what_is_open_is_remembered_from_the_records_alone() -> None:
    receiver = Receiver()
    take(receiver, 1, consultation(1, **BAD), consultation(2, **BAD), consultation(3))
    take(receiver, 2, consultation(1), consultation(3, **BAD))
    live = {k: v for k, v in receiver.ledger.entries.items() if k[:1] not in b"ow"}
    assert receiver.rebuilt() == live
    assert receiver.rebuilt(compacted=True) == live
