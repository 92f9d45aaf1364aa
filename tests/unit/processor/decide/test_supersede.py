"""A unit changes its EPJ: who holds a consultation that two systems report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kpr_stream.model import topics
from kpr_stream.model.words import OUTCOMES, System
from kpr_stream.schemas import wire
from tests.support.deliveries import NOW, NOW_MS, OTHER_ORG_NR, consultation, source_record
from tests.support.receiver import Receiver, keys

OLD, NEW, NEWEST = System.EG_INFODOC, System.VISMA_HSPRO, System.CGM_HELSESTASJON
"""Not in the order of the systems' numbers."""
HOUR = 3_600_000


class Change:
    """A unit that reports from several systems, each from its own hour on."""

    def __init__(self, *order: System) -> None:
        self.receiver = Receiver()
        self.sent = dict.fromkeys(System, 0)
        for hour, system in enumerate(order):
            self.send(system, at=NOW_MS + hour * HOUR)

    def send(self, system: System, *items: dict[str, Any], **more: Any) -> list[str]:
        """One delivery, alone in its batch; the outcomes of its items, in the order of OUTCOMES."""
        self.receiver.take(self.record(system, *items, **more))
        return self.last_outcomes(system)

    def record(
        self, system: System, *items: dict[str, Any], at: int = NOW_MS + 10 * HOUR, **more: Any
    ) -> Any:
        self.sent[system] += 1
        sequence = self.sent[system]
        return source_record(
            items, system=system, sequence=sequence, offset=sequence, received_at=at, **more
        )

    def last_outcomes(self, system: System) -> list[str]:
        receipt = self.receiver.read(topics.receipt_topic(system), "receipt")[-1]
        return [o.value for o in OUTCOMES for _ in range(receipt["counts"][o])]

    def state(self) -> dict[str, Any]:
        """What is live, by system and weight; None for what is a marker."""
        last = {
            r["consultation_key"]: r
            for r in self.receiver.read(topics.CONSULTATION, "consultation")
        }
        found = {}
        for record in last.values():
            live = record["status"] == "live"
            found[f"{record['system']} {record['status']}"] = record["weight_g"] if live else None
        return found

    def check(self) -> None:
        """No version is written twice, and the ledger is that of a cold rebuild."""
        versions = [
            (o.key, o.header.extracted_at, o.header.sequence, o.header.revision)
            for o in self.receiver.written
            if o.topic == topics.CONSULTATION
        ]
        assert len(versions) == len(set(versions))
        live = {k: v for k, v in self.receiver.ledger.entries.items() if k[:1] != b"o"}
        assert self.receiver.rebuilt() == live
        assert self.receiver.rebuilt(compacted=True) == live


def visit(local_id: str = "v", **changes: Any) -> dict[str, Any]:
    """One consultation, by whatever id a system has for it."""
    return consultation(1, consultation_id=local_id) | changes


def test_the_newer_system_has_it_already_then_the_older_one_is_superseded() -> None:
    change = Change(OLD, NEW)
    assert change.send(NEW, visit(weight_g=5000)) == ["accepted"]
    assert change.send(OLD, visit(weight_g=4000)) == ["superseded"]
    assert change.state() == {"visma-hspro live": 5000, "eg-infodoc superseded": None}
    change.check()


def test_the_newer_systems_comes_second_then_the_older_record_becomes_a_marker() -> None:
    change = Change(OLD, NEW)
    change.send(OLD, visit(weight_g=4000))
    assert change.send(NEW, visit(weight_g=5000)) == ["accepted"]
    assert change.state() == {"visma-hspro live": 5000, "eg-infodoc superseded": None}
    change.check()


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
@pytest.mark.parametrize("one_batch", [True, False])
def test_the_content_comes_back_as_it_was_when_the_winner_is_deleted(
    order: tuple[System, System],
    one_batch: bool,  # noqa: FBT001 - from parametrize
) -> None:
    change = Change(OLD, NEW)
    items = {OLD: visit(weight_g=4000), NEW: visit(weight_g=5000)}
    records = [change.record(system, items[system]) for system in order]
    records.append(change.record(NEW, visit(operation="delete")))
    if one_batch:
        change.receiver.take(*records)
    else:
        for record in records:
            change.receiver.take(record)
    assert change.state() == {"visma-hspro deleted": None, "eg-infodoc live": 4000}
    last = change.receiver.log[topics.SUPERSEDED][-1]
    assert last.value is None
    change.check()
    plain = Receiver()
    plain.take(source_record([], system=OLD, sequence=1))
    plain.take(source_record([items[OLD]], system=OLD, sequence=2, received_at=NOW_MS + 10 * HOUR))
    (wanted,) = plain.read(topics.CONSULTATION, "consultation")
    came_back = change.receiver.read(topics.CONSULTATION, "consultation")
    assert [r for r in came_back if r["system"] == OLD][-1] == wanted


@pytest.mark.parametrize(
    "moved",
    [
        {"start": consultation(1)["start"] + timedelta(minutes=1)},
        {"fnr": consultation(7)["fnr"]},
        {"time_precision": "date"},
        {"fnr": None},
    ],
    ids=["start", "person", "precision", "no id"],
)
def test_the_content_comes_back_when_the_winner_moves(moved: dict[str, Any]) -> None:
    change = Change(OLD, NEW)
    change.send(OLD, visit(weight_g=4000))
    change.send(NEW, visit(weight_g=5000))
    assert change.send(NEW, visit(weight_g=5000, **moved)) == ["corrected"]
    assert change.state() == {"visma-hspro live": 5000, "eg-infodoc live": 4000}
    change.send(NEW, visit(weight_g=5000))
    assert change.state() == {"visma-hspro live": 5000, "eg-infodoc superseded": None}
    change.check()


def test_what_is_said_of_a_superseded_record_is_kept_for_the_day_it_comes_back() -> None:
    change = Change(OLD, NEW)
    change.send(OLD, visit(weight_g=4000))
    change.send(NEW, visit(weight_g=5000))
    assert change.send(OLD, visit(weight_g=4000)) == ["duplicate"]
    assert change.send(OLD, visit(weight_g=4100)) == ["superseded"]
    stale = {"extracted_at": NOW - timedelta(days=2)}
    assert change.send(OLD, visit(weight_g=4200), **stale) == ["stale"]
    change.check()
    change.send(NEW, visit(operation="delete"))
    assert change.state() == {"visma-hspro deleted": None, "eg-infodoc live": 4100}
    change.check()


def test_a_superseded_record_that_moves_away_or_is_deleted_is_superseded_no_more() -> None:
    change = Change(OLD, NEW)
    change.send(NEW, visit(weight_g=5000))
    change.send(OLD, visit(weight_g=4000))
    later = visit(weight_g=4000, start=consultation(1)["start"] + timedelta(hours=1))
    assert change.send(OLD, later) == ["corrected"]
    assert change.state() == {"visma-hspro live": 5000, "eg-infodoc live": 4000}
    assert change.receiver.log[topics.SUPERSEDED][-1].value is None
    assert change.send(OLD, visit(weight_g=4000)) == ["superseded"]
    assert change.send(OLD, visit(operation="delete")) == ["deleted"]
    assert change.receiver.log[topics.SUPERSEDED][-1].value is None
    change.send(NEW, visit(operation="delete"))
    assert change.state() == {"visma-hspro deleted": None, "eg-infodoc deleted": None}
    change.check()


def test_of_three_systems_the_newest_holds_it_and_the_next_one_after_it() -> None:
    change = Change(OLD, NEW, NEWEST)
    change.send(NEWEST, visit(weight_g=6000))
    assert change.send(OLD, visit(weight_g=4000)) == ["superseded"]
    assert change.send(NEW, visit(weight_g=5000)) == ["superseded"]
    change.send(NEWEST, visit(operation="delete"))
    assert change.state() == {
        "cgm-helsestasjon deleted": None,
        "visma-hspro live": 5000,
        "eg-infodoc superseded": None,
    }
    change.send(NEWEST, visit(weight_g=6000))
    change.send(NEW, visit(operation="delete"))
    assert change.state() == {
        "cgm-helsestasjon live": 6000,
        "visma-hspro deleted": None,
        "eg-infodoc superseded": None,
    }
    change.check()


def test_double_registration_in_one_system_is_kept_on_either_side() -> None:
    change = Change(OLD, NEW)
    assert change.send(OLD, visit("a"), visit("b")) == ["accepted"] * 2
    change.send(NEW, visit("c"), visit("d"))
    statuses = [r.header.status.name for r in change.receiver.log[topics.CONSULTATION]]
    assert sorted(statuses) == ["LIVE"] * 4 + ["SUPERSEDED"] * 2
    # One of the two is not enough for the others to come back.
    change.send(NEW, visit("c", operation="delete"))
    assert change.state()["eg-infodoc superseded"] is None
    change.send(NEW, visit("d", operation="delete"))
    assert "eg-infodoc superseded" not in change.state()
    change.check()


@pytest.mark.parametrize(
    "unlike",
    [
        {"fnr": None},
        {"fnr": None, "person_local_id": None},
        {"fnr": consultation(7)["fnr"]},
        {"start": consultation(1)["start"] + timedelta(minutes=1)},
        {"time_precision": "date"},
    ],
    ids=["local id", "no id", "another person", "another minute", "date only"],
)
def test_what_may_be_another_consultation_is_never_matched(unlike: dict[str, Any]) -> None:
    change = Change(OLD, NEW)
    # Both without an id, or one of them: neither may be taken for the other.
    change.send(OLD, visit("a") | unlike)
    assert change.send(NEW, visit("b")) == ["accepted"]
    both_lack = {k: v for k, v in unlike.items() if v is None or v == "date"}
    assert change.send(NEW, visit("c") | both_lack) == ["accepted"]
    assert "eg-infodoc superseded" not in change.state()


def test_another_unit_is_never_matched() -> None:
    change = Change(OLD, NEW)
    change.send(OLD, visit())
    change.receiver.take(source_record([visit()], system=NEW, org_nr=OTHER_ORG_NR, offset=9))
    assert "eg-infodoc superseded" not in change.state()


def test_a_delivery_that_takes_an_item_away_and_brings_it_again_turns_nobody() -> None:
    change = Change(OLD, NEW)
    change.send(OLD, visit(weight_g=4000))
    change.send(NEW, visit(weight_g=5000))
    written = len(change.receiver.log[topics.CONSULTATION])
    change.send(NEW, visit(weight_g=5000), visit(operation="delete"))
    assert len(change.receiver.log[topics.CONSULTATION]) == written
    change.check()


def test_the_content_kept_apart_is_sealed_under_its_own_key() -> None:
    change = Change(OLD, NEW)
    change.send(NEW, visit(weight_g=5000))
    change.send(OLD, visit(weight_g=4000))
    (record,) = change.receiver.log[topics.SUPERSEDED]
    (kept,) = change.receiver.read(topics.SUPERSEDED, "superseded")
    clear = keys().superseded.open(kept["sealed"], record_key=record.key)
    assert wire.decode("consultation", clear)["weight_g"] == 4000
    winner = keys().pseudonyms.consultation_key("974760673", NEW, "v")
    assert kept["winner_key"] == winner.hex()
    marker = change.receiver.read(topics.CONSULTATION, "consultation")[-1]
    assert (marker["status"], marker["weight_g"], marker["person_key"]) == (
        "superseded",
        None,
        None,
    )
