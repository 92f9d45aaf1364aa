"""Links between person keys: what makes them, what takes them back, what they never do."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from kpr_stream.keys.pseudonym import IdKind
from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.words import System
from tests.commands import command_record
from tests.deliveries import ORG_NR, consultation, source_record, synthetic_id
from tests.receiver import Receiver, keys

BORN: date = consultation()["birth_date"]
FNR, OTHER_FNR = synthetic_id(BORN, 1), synthetic_id(BORN, 2)
DNR = synthetic_id(BORN, 3, day_plus=40)
BORN_LATER = synthetic_id(BORN + timedelta(days=1), 4, day_plus=40)
DUF, LOCAL = "201012345678", "p-1"

Link = tuple[str, str, str]


class Register:
    """Deliveries of one unit, and the links that stand after them."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self._sequence = 0

    def take(self, *items: dict[str, Any]) -> int:
        """One delivery; how many link records it left."""
        self._sequence += 1
        batch = self.receiver.take(
            source_record(items, sequence=self._sequence, offset=self._sequence - 1)
        )
        return sum(o.topic == topics.IDENTITY_LINK for o in batch.outputs)

    def order(self, kind: CommandKind, person: str, other: str) -> Any:
        """A command about a link; what became of it."""
        self._sequence += 1
        made = command_record(
            kind, self._sequence, org_nr=None, person_key=key(person), other_key=key(other)
        )
        result = self.receiver.order(made)
        return result and result["status"]

    def records(self) -> list[dict[str, Any]]:
        """All that was ever written of links."""
        return self.receiver.read(topics.IDENTITY_LINK, "identity_link")

    def standing(self) -> set[Link]:
        """Links that stand, by the ids of the tests; those to the EPJ's own person left out."""
        last = {one["link_key"]: one for one in self.records()}
        names = {key(n): n for n in (FNR, OTHER_FNR, DNR, BORN_LATER, DUF, LOCAL)}
        found = {
            (names[one["person_key"]], names[one["other_key"]], one["evidence"])
            for one in last.values()
            if not one["withdrawn"]
        }
        return {link for link in found if link[1] != LOCAL}


@pytest.fixture
def register() -> Register:
    return Register()


def key(number: str) -> str:
    """The person key of an id of the tests."""
    pseudonyms = keys().pseudonyms
    if number == LOCAL:
        return pseudonyms.local_person_key(ORG_NR, System.VISMA_HSPRO, number).hex()
    kind = IdKind.DUF if len(number) == 12 else IdKind.DNR if number[0] > "3" else IdKind.FNR
    return pseudonyms.person_key(kind, number).hex()


def visit(name: str, **said: Any) -> dict[str, Any]:
    """A consultation of a child known locally as ``LOCAL``, with these ids."""
    number = int(name.removeprefix("k-"))
    who = {"person_local_id": LOCAL, "fnr": None, "dnr": None, "duf": None, "birth_date": BORN}
    return consultation(number, **{**who, "sex": "2", **said})


def test_two_ids_of_one_item_are_a_link_and_the_same_again_writes_nothing(
    register: Register,
) -> None:
    assert register.take(visit("k-1", fnr=FNR, dnr=DNR)) == 2
    assert register.standing() == {(FNR, DNR, "same_item")}
    assert register.take(visit("k-2", fnr=FNR, dnr=DNR)) == 0


def test_the_epjs_own_person_with_another_number_is_a_link(register: Register) -> None:
    register.take(visit("k-1", dnr=DNR))
    register.take(visit("k-2", fnr=FNR))
    register.take(visit("k-3", fnr=OTHER_FNR))
    # From each to the one before it, and no further.
    assert register.standing() == {
        (FNR, DNR, "same_local_person"),
        (OTHER_FNR, FNR, "same_local_person"),
    }
    assert register.take(visit("k-4", fnr=OTHER_FNR), visit("k-5", dnr=DNR)) == 0


@pytest.mark.parametrize("together", [True, False])
def test_no_link_where_the_birth_dates_disagree(
    register: Register,
    together: bool,  # noqa: FBT001
) -> None:
    if together:
        register.take(visit("k-1", fnr=FNR, dnr=BORN_LATER))
    else:
        register.take(visit("k-1", dnr=BORN_LATER))
        register.take(visit("k-2", fnr=FNR))
    assert register.standing() == set()


def test_a_mistyped_second_id_stands_until_its_item_is_corrected(register: Register) -> None:
    register.take(visit("k-1", fnr=FNR, dnr=DNR), visit("k-2", fnr=FNR))
    register.take(visit("k-1", fnr=FNR))
    assert register.standing() == set()
    last = register.records()[-1]
    assert (last["withdrawn"], last["withdrawn_because"]) == (True, "evidence_gone")
    # The next item that names both brings it back.
    register.take(visit("k-3", fnr=FNR, dnr=DNR))
    assert register.standing() == {(FNR, DNR, "same_item")}
    register.take(visit("k-3", operation="delete"))
    assert register.standing() == set()


def test_a_mistyped_number_that_is_corrected_leaves_no_link(register: Register) -> None:
    register.take(visit("k-1", fnr=OTHER_FNR))
    register.take(visit("k-2", fnr=FNR))
    assert register.standing() == {(FNR, OTHER_FNR, "same_local_person")}
    register.take(visit("k-1", fnr=FNR))
    assert register.standing() == set()


def test_a_birth_date_that_turns_out_to_be_another_withdraws_the_link(register: Register) -> None:
    register.take(visit("k-1", duf=DUF))
    register.take(visit("k-2", fnr=FNR))
    assert register.standing() == {(FNR, DUF, "same_local_person")}
    register.take(visit("k-3", duf=DUF, birth_date=BORN + timedelta(days=30)))
    assert register.standing() == set()
    assert register.records()[-1]["withdrawn_because"] == "birth_dates"


def test_an_operators_word_holds_until_it_is_taken_back(register: Register) -> None:
    register.take(visit("k-1", fnr=FNR, dnr=DNR))
    assert register.order(CommandKind.WITHDRAW_LINK, DNR, FNR) == "done"
    register.take(visit("k-2", fnr=FNR, dnr=DNR), visit("k-3", dnr=DNR))
    assert register.standing() == set()
    assert register.order(CommandKind.WITHDRAW_LINK, FNR, DNR) == "unchanged"
    assert register.order(CommandKind.RESTORE_LINK, FNR, DNR) == "done"
    register.take(visit("k-1", fnr=FNR))
    assert register.standing() == {(FNR, DNR, "operator")}
    assert register.order(CommandKind.RESTORE_LINK, FNR, DNR) == "unchanged"


def test_a_lane_that_does_not_know_a_link_never_makes_what_was_withdrawn(
    register: Register,
) -> None:
    assert register.order(CommandKind.WITHDRAW_LINK, FNR, DNR) == "done"
    register.take(visit("k-1", fnr=FNR, dnr=DNR))
    assert register.standing() == set()


@pytest.mark.parametrize("wrong", ["", "abc", "zz" * 16, FNR])
def test_a_command_that_names_no_keys_is_refused(register: Register, wrong: str) -> None:
    made = command_record(
        CommandKind.WITHDRAW_LINK, 1, org_nr=None, person_key=key(FNR), other_key=wrong
    )
    result = register.receiver.order(made)
    assert result is not None
    assert (result["status"], result["code"]) == ("refused", "BAD_ARGUMENT")


def test_a_link_changes_no_consultation(register: Register) -> None:
    register.take(visit("k-1", dnr=DNR))
    register.take(visit("k-2", fnr=FNR, dnr=DNR))
    found = register.receiver.read(topics.CONSULTATION, "consultation")
    assert [one["person_key"] for one in found] == [key(DNR), key(FNR)]


def test_no_record_of_a_link_holds_an_id(register: Register) -> None:
    register.take(visit("k-1", fnr=FNR, dnr=DNR, duf=DUF))
    for record in register.receiver.written:
        if record.topic == topics.IDENTITY_LINK:
            data = record.key + (record.value or b"") + record.header.pack()
            assert not any(number.encode() in data for number in (FNR, DNR, DUF, LOCAL))
