"""What commands do to a unit and to a release, and what they leave behind."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.processor.state.entries import unit_entry_key
from kpr_stream.schemas import wire
from tests.support.commands import SYSTEM, command_record
from tests.support.deliveries import NOW_MS, ORG_NR, consultation, source_record
from tests.support.receiver import Receiver

KEY = unit_entry_key(unit_key(ORG_NR, SYSTEM))


def known_unit() -> Receiver:
    """A unit that has delivered once, and is blocked at its second delivery."""
    receiver = Receiver()
    receiver.take(source_record([consultation(1)], sequence=1))
    receiver.take(source_record([consultation(2)], sequence=2, offset=1, item_count=7))
    return receiver


def order(receiver: Receiver, kind: CommandKind | str, offset: int = 0, **more: Any) -> Any:
    """Carry a command out; its result."""
    return receiver.order(command_record(kind, offset, **more))


def state(receiver: Receiver) -> UnitState:
    return UnitState.from_record(wire.decode("unit_state", receiver.ledger.entries[KEY]))


def test_unblocking_takes_the_red_mark_away_and_nothing_else() -> None:
    receiver = known_unit()
    before = state(receiver)
    assert before.blocked_since is not None
    assert order(receiver, CommandKind.UNBLOCK)["status"] == "done"
    after = state(receiver)
    assert (after.blocked_since, after.blocked_reason) == (None, None)
    assert (after.next_sequence, after.recent) == (before.next_sequence, before.recent)
    assert order(receiver, CommandKind.UNBLOCK, 1)["status"] == "unchanged"


def test_skipping_leaves_a_numbered_gap_that_stays_until_it_is_filled() -> None:
    receiver = known_unit()
    result = order(receiver, CommandKind.UNBLOCK, skip_to="5")
    assert result["counts"] == {"skipped": 3}
    after = state(receiver)
    assert after.next_sequence == 5
    assert [(g.first, g.last, g.since) for g in after.gaps] == [(2, 4, NOW_MS)]
    assert [(g.first, g.last) for g in after.filled(3).gaps] == [(2, 2), (4, 4)]
    assert after.filled(3).filled(2).filled(4).gaps == ()


@given(st.integers(1, 40), st.lists(st.integers(1, 60), max_size=60))
def test_a_gap_holds_just_what_was_skipped_and_not_delivered(to: int, sent: list[int]) -> None:
    unit = UnitState(org_nr=ORG_NR, system=SYSTEM, next_sequence=10).skipped(10 + to, at=NOW_MS)
    for sequence in sent:
        unit = unit.filled(sequence)
    missing = set(range(10, 10 + to)) - set(sent)
    assert {s for s in range(70) if unit.in_gap(s)} == missing


@pytest.mark.parametrize("skip_to", ["2", "1", "-1", "x", "٣"])
def test_nothing_is_skipped_backwards_or_to_nowhere(skip_to: str) -> None:
    receiver = known_unit()
    result = order(receiver, CommandKind.UNBLOCK, skip_to=skip_to)
    assert (result["status"], result["code"]) == ("refused", "BAD_ARGUMENT")
    assert result["detail"].startswith("The argument skip_to is not ")
    assert state(receiver).blocked_since is not None


def test_a_pause_begins_today_unless_told_and_ends_when_lifted() -> None:
    receiver = known_unit()
    order(receiver, CommandKind.PAUSE, until="2024-08-15")
    assert (state(receiver).paused_from, state(receiver).paused_until) == (
        date(2024, 3, 5),
        date(2024, 8, 15),
    )
    order(receiver, CommandKind.RESUME, 1)
    assert (state(receiver).paused_from, state(receiver).paused_until) == (None, None)


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    result = order(known_unit(), CommandKind.PAUSE, until="2024-03-04")
    assert result["code"] == "BAD_ARGUMENT"
    assert result["detail"] == "The argument until is not on or after the first day of the pause."


def test_an_agreement_makes_a_unit_known_and_can_be_ended() -> None:
    receiver = Receiver()
    order(receiver, CommandKind.AGREE, fields={"arguments": {"from": "2024-01-01"}})
    assert state(receiver).agreed_from == date(2024, 1, 1)
    order(receiver, CommandKind.AGREE, 1, to="2024-12-31")
    assert (state(receiver).agreed_from, state(receiver).agreed_to) == (
        date(2024, 1, 1),
        date(2024, 12, 31),
    )


def test_an_unknown_unit_cannot_be_unblocked() -> None:
    assert order(Receiver(), CommandKind.UNBLOCK)["code"] == "UNKNOWN_UNIT"


def test_a_command_that_was_sent_twice_is_carried_out_once() -> None:
    receiver = known_unit()
    order(receiver, CommandKind.UNBLOCK, skip_to="5")
    again = {"command_id": receiver.read(topics.COMMAND_RESULT, "command_result")[0]["command_id"]}
    assert order(receiver, CommandKind.UNBLOCK, 1, skip_to="9", fields=again) is None
    assert state(receiver).next_sequence == 5


def test_a_release_is_stopped_and_let_go_on() -> None:
    receiver = Receiver()
    asked: dict[str, Any] = {"org_nr": None, "software_version": "7.1"}
    assert order(receiver, CommandKind.STOP_RELEASE, 0, **asked)["status"] == "done"
    assert order(receiver, CommandKind.STOP_RELEASE, 1, **asked)["status"] == "unchanged"
    assert order(receiver, CommandKind.RESUME_RELEASE, 2, **asked)["status"] == "done"
    states = receiver.read(topics.RELEASE, "release")
    assert [s["stopped_by"] for s in states] == ["OPERATOR"]
    assert receiver.log[topics.RELEASE][-1].value is None, "a version that nobody has is left"
    assert order(receiver, CommandKind.RESUME_RELEASE, 3, **asked)["status"] == "unchanged"


def test_a_release_that_has_delivered_keeps_its_state_and_a_ghost_beside_it_goes() -> None:
    receiver = known_unit()
    for n, version in enumerate(("1.0", "1.O")):
        asked: dict[str, Any] = {"org_nr": None, "software_version": version}
        order(receiver, CommandKind.STOP_RELEASE, 2 * n, **asked)
        order(receiver, CommandKind.RESUME_RELEASE, 2 * n + 1, **asked)
    newest = {record.key: record.value for record in receiver.log[topics.RELEASE]}
    assert {key.decode(): value is not None for key, value in newest.items()} == {
        f"{SYSTEM}/1.0": True,
        f"{SYSTEM}/1.O": False,
    }
    live = {key: value for key, value in receiver.ledger.entries.items() if key[:1] not in b"ow"}
    assert receiver.rebuilt(compacted=True) == live


def test_the_result_says_who_and_why_and_what_was_applied() -> None:
    result = order(known_unit(), CommandKind.UNBLOCK, 3)
    assert (result["issued_by"], result["reason"]) == ("operator-1", "The vendor has mended it.")
    assert (result["lane"], result["source_offset"], result["rights_offset"]) == (
        command_record(CommandKind.UNBLOCK).partition,
        3,
        -1,
    )


def test_what_is_remembered_follows_from_the_records_alone() -> None:
    receiver = known_unit()
    order(receiver, CommandKind.UNBLOCK, skip_to="5")
    order(receiver, CommandKind.STOP_RELEASE, 1, software_version="7.1")
    live = {key: value for key, value in receiver.ledger.entries.items() if key[:1] not in b"ow"}
    assert receiver.rebuilt() == live
