"""Marks across units: what gives way, what is left alone, what comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.words import System
from kpr_stream.operate.request import Requester
from kpr_stream.operate.units.successions import DoubleReport, mark_requests
from tests.support.commands import command_record
from tests.support.deliveries import ORG_NR, consultation, source_record
from tests.support.receiver import Receiver, keys

SYSTEM = System.VISMA_HSPRO
WINNER = "ab" * 16
KEY = keys().pseudonyms.consultation_key(ORG_NR, SYSTEM, "k-1").hex()


def receiver() -> Receiver:
    made = Receiver()
    made.take(source_record([consultation(1), consultation(2)], sequence=1))
    return made


def where(to: Receiver, key: str = KEY) -> int:
    """Offset of a key's newest record."""
    log = to.log[topics.CONSULTATION]
    return max(at for at, record in enumerate(log) if record.key == key.encode())


def order(to: Receiver, kind: CommandKind, n: int = 0, **more: str) -> dict[str, Any]:
    said = {"keys": KEY, "offsets": str(where(to)), "winners": WINNER, **more}
    result = to.order(command_record(kind, n, fields={"arguments": said}))
    assert result
    return result


def newest(to: Receiver) -> dict[str, Any]:
    records = to.read(topics.CONSULTATION, "consultation")
    return [r for r in records if r["consultation_key"] == KEY][-1]


def test_what_gives_way_becomes_a_marker_and_its_content_is_kept_sealed() -> None:
    to = receiver()
    assert order(to, CommandKind.MARK)["counts"] == {"marked": 1}
    assert (newest(to)["status"], newest(to)["weight_g"]) == ("superseded", None)
    (kept,) = to.read(topics.SUPERSEDED, "superseded")
    assert kept["winner_key"] == WINNER


def test_a_mark_is_taken_back_and_the_consultation_stands_as_it_was() -> None:
    to = receiver()
    before = newest(to)
    order(to, CommandKind.MARK)
    assert order(to, CommandKind.UNMARK, 1)["counts"] == {"unmarked": 1}
    assert newest(to) == before
    assert to.log[topics.SUPERSEDED][-1].value is None
    versions = [
        (o.key, o.header.extracted_at, o.header.sequence, o.header.revision)
        for o in to.log[topics.CONSULTATION]
    ]
    assert len(set(versions)) == len(versions)


def test_what_has_changed_since_it_was_found_is_left_alone() -> None:
    to = receiver()
    seen = str(where(to))
    to.take(source_record([consultation(1, duration_minutes=5)], sequence=2, offset=1))
    assert order(to, CommandKind.MARK, offsets=seen)["counts"] == {"changed_since": 1}
    assert newest(to)["status"] == "live"


def test_only_what_stands_is_marked_and_only_a_mark_is_taken_back() -> None:
    to = receiver()
    assert order(to, CommandKind.UNMARK)["counts"] == {"not_marked": 1}
    order(to, CommandKind.MARK, 1)
    assert order(to, CommandKind.MARK, 2)["counts"] == {"not_live": 1}


def test_its_own_unit_brings_it_back_by_saying_something_new() -> None:
    to = receiver()
    order(to, CommandKind.MARK)
    to.take(source_record([consultation(1)], sequence=2, offset=1))
    assert newest(to)["status"] == "superseded", "said again, it says nothing new"
    to.take(source_record([consultation(1, duration_minutes=5)], sequence=3, offset=2))
    assert newest(to)["status"] == "live"


def test_what_is_remembered_follows_from_the_records_alone() -> None:
    to = receiver()
    order(to, CommandKind.MARK)
    live = {k: v for k, v in to.ledger.entries.items() if k[:1] not in b"ow"}
    assert to.rebuilt() == live


@pytest.mark.parametrize(
    "said",
    [
        {"keys": "no key"},
        {"keys": f"{KEY},{KEY}", "offsets": "0,0", "winners": f"{WINNER},{WINNER}"},
        {"offsets": "x"},
        {"winners": f"{WINNER},{WINNER}"},
    ],
)
def test_arguments_that_cannot_be_are_refused(said: dict[str, Any]) -> None:
    assert order(receiver(), CommandKind.MARK, **said)["code"] == "BAD_ARGUMENT"


def test_a_unit_gets_as_many_commands_as_needed() -> None:
    one = DoubleReport(
        key=KEY,
        org_nr="983658776",
        system=SYSTEM,
        lane=1,
        offset=0,
        winner_key=WINNER,
        winner_org_nr=ORG_NR,
    )
    many = [
        replace(
            one,
            key=f"{n:032x}",
            org_nr=ORG_NR,
            lane=3,
            offset=n,
            winner_org_nr="983658776",
        )
        for n in range(250)
    ]
    requests = mark_requests(Requester("operator-1", "Reform"), [*many, one], map(str, range(10)))
    assert [(r.lane, len(r.arguments["keys"].split(","))) for r in requests] == [
        (1, 1),
        (3, 100),
        (3, 100),
        (3, 50),
    ]
