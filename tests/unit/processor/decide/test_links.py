"""Links: from what they come, when they go, and that they change nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from kpr_stream.model import topics
from kpr_stream.model.command import CommandKind
from kpr_stream.model.header import NO_KEY
from kpr_stream.model.link import Pair, Withdrawal, pair_of
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import System
from kpr_stream.processor.decide.links import (
    LinkChange,
    NamedPerson,
    changes_of_item,
    changes_of_local_person,
    is_new,
)
from kpr_stream.processor.state.entries import SEARCHED
from kpr_stream.processor.state.known import ContentVersion, KnownId
from kpr_stream.rights.table import PersonRights, Rights
from tests.support.commands import command_record
from tests.support.deliveries import (
    NOW,
    ORG_NR,
    appointment,
    consultation,
    source_record,
    synthetic_fh_number,
    synthetic_id,
)
from tests.support.receiver import Receiver, keys

BORN = consultation(1)["birth_date"]
FNR, OTHER_FNR = synthetic_id(BORN, 1), synthetic_id(BORN, 7)
DNR = synthetic_id(BORN, 3, day_plus=40)
DNR_BORN_LATER = synthetic_id(BORN + timedelta(days=1), 3, day_plus=40)
DUF = "201012345678"
Link = tuple[frozenset[str], str, bool]


class Sender:
    """A unit that delivers, one delivery after the other."""

    def __init__(self, rights: Rights | None = None) -> None:
        self.receiver = Receiver(rights)
        self._sequence = 0

    def sends(self, *items: dict[str, Any], **more: Any) -> list[str]:
        """Deliver; the topics that were written to, in order."""
        self._sequence += 1
        record = source_record(items, sequence=self._sequence, offset=self._sequence - 1, **more)
        return [output.topic for output in self.receiver.take(record).outputs]

    def links(self) -> set[Link]:
        """Keys, evidence and whether it stands, of all but a unit's own ids."""
        last = {r["link_key"]: r for r in records(self.receiver)}
        return {
            (frozenset((r["person_key"], r["other_key"])), r["evidence"], not r["withdrawn"])
            for r in last.values()
            if r["evidence"] != "local_id"
        }


def records(receiver: Receiver) -> list[dict[str, Any]]:
    """All that was written of links."""
    return receiver.read(topics.IDENTITY_LINK, "identity_link")


def key(kind: IdKind, number: str) -> str:
    return keys().pseudonyms.person_key(kind, number).hex()


def between(one: str, other: str, evidence: str, *, stands: bool = True) -> set[Link]:
    return {(frozenset((one, other)), evidence, stands)}


FNR_KEY, DNR_KEY, DUF_KEY = key(IdKind.FNR, FNR), key(IdKind.DNR, DNR), key(IdKind.DUF, DUF)
BOTH = {"fnr": FNR, "dnr": DNR}


def test_two_ids_in_one_item_are_a_link() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH))
    assert sender.links() == between(FNR_KEY, DNR_KEY, "same_item")


def test_an_appointment_is_evidence_too() -> None:
    sender = Sender()
    sender.sends(appointment(1, **BOTH), message_type="appointment")
    assert sender.links() == between(FNR_KEY, DNR_KEY, "same_item")


def test_three_ids_in_one_item_are_three_links_each_with_its_own_evidence() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH, duf=DUF))
    assert sender.links() == {
        *between(FNR_KEY, DNR_KEY, "same_item"),
        *between(FNR_KEY, DUF_KEY, "same_item"),
        *between(DNR_KEY, DUF_KEY, "same_item"),
    }


def test_no_link_follows_from_two_others() -> None:
    sender = Sender()
    fh = synthetic_fh_number()
    sender.sends(consultation(1, **BOTH), consultation(2, fnr=None, dnr=DNR, fh_number=fh))
    fh_key = key(IdKind.FH, fh)
    assert sender.links() == {
        *between(FNR_KEY, DNR_KEY, "same_item"),
        *between(DNR_KEY, fh_key, "same_item"),
    }


@pytest.mark.parametrize(
    "ids",
    [
        {"fnr": FNR, "dnr": DNR_BORN_LATER},
        {"fnr": FNR, "duf": DUF, "birth_date": BORN - timedelta(days=1)},
        {"fnr": None, "dnr": DNR, "duf": DUF, "birth_date": BORN - timedelta(days=1)},
    ],
    ids=["two numbers", "the item and its number", "the item and its D-number"],
)
def test_there_is_no_link_where_birth_dates_disagree(ids: dict[str, Any]) -> None:
    sender = Sender()
    sender.sends(consultation(1, **ids))
    assert sender.links() == set()


def test_a_link_goes_when_the_item_names_the_second_id_no_more_and_comes_back_with_it() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH))
    sender.sends(consultation(1, fnr=FNR))
    assert sender.links() == between(FNR_KEY, DNR_KEY, "same_item", stands=False)
    assert records(sender.receiver)[-1]["withdrawn_because"] == "corrected"
    sender.sends(consultation(1, **BOTH))
    assert sender.links() == between(FNR_KEY, DNR_KEY, "same_item")


def test_a_mistyped_second_id_that_is_mended_leaves_one_link_that_stands() -> None:
    sender = Sender()
    wrong = synthetic_id(BORN, 9, day_plus=40)
    sender.sends(consultation(1, fnr=FNR, dnr=wrong))
    sender.sends(consultation(1, **BOTH))
    assert sender.links() == {
        *between(FNR_KEY, key(IdKind.DNR, wrong), "same_item", stands=False),
        *between(FNR_KEY, DNR_KEY, "same_item"),
    }


def test_a_link_goes_with_its_item() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH))
    sender.sends(consultation(1, operation="delete"))
    assert sender.links() == between(FNR_KEY, DNR_KEY, "same_item", stands=False)
    assert records(sender.receiver)[-1]["withdrawn_because"] == "deleted"


def test_a_link_goes_when_the_birth_dates_come_to_disagree() -> None:
    sender = Sender()
    sender.sends(consultation(1, fnr=FNR, duf=DUF))
    assert sender.links() == between(FNR_KEY, DUF_KEY, "same_item")
    sender.sends(consultation(1, fnr=FNR, duf=DUF, birth_date=BORN - timedelta(days=1)))
    assert sender.links() == between(FNR_KEY, DUF_KEY, "same_item", stands=False)
    assert records(sender.receiver)[-1]["withdrawn_because"] == "birth_dates"


def test_each_item_is_evidence_of_its_own() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH), consultation(2, **BOTH))
    sender.sends(consultation(1, operation="delete"))
    pair = frozenset((FNR_KEY, DNR_KEY))
    assert sender.links() == {(pair, "same_item", True), (pair, "same_item", False)}


@pytest.mark.parametrize("then", [{"fnr": OTHER_FNR}, {"fnr": FNR}], ids=["fnr", "D-number"])
def test_the_same_local_person_under_another_number_is_a_link(then: dict[str, Any]) -> None:
    sender = Sender()
    first = {"fnr": FNR} if then["fnr"] == OTHER_FNR else {"fnr": None, "dnr": DNR}
    sender.sends(consultation(1, **first, person_local_id="p"))
    sender.sends(consultation(2, **then, birth_date=BORN, sex=None, person_local_id="p"))
    before = FNR_KEY if first["fnr"] else DNR_KEY
    assert sender.links() == between(before, key(IdKind.FNR, then["fnr"]), "same_local_person")


def test_a_local_person_of_another_birth_date_is_another_person() -> None:
    sender = Sender()
    other = synthetic_id(BORN + timedelta(days=1), 2)
    sender.sends(consultation(1, fnr=FNR, person_local_id="p"))
    sender.sends(consultation(2, fnr=other, birth_date=None, person_local_id="p"))
    assert sender.links() == set()


def test_a_local_persons_link_goes_when_the_birth_dates_come_to_disagree() -> None:
    sender = Sender()
    sender.sends(consultation(1, fnr=FNR, person_local_id="p"))
    sender.sends(consultation(2, fnr=None, duf=DUF, birth_date=BORN, person_local_id="p"))
    assert sender.links() == between(FNR_KEY, DUF_KEY, "same_local_person")
    other = BORN - timedelta(days=1)
    sender.sends(consultation(2, fnr=None, duf=DUF, birth_date=other, person_local_id="p"))
    assert sender.links() == between(FNR_KEY, DUF_KEY, "same_local_person", stands=False)
    assert records(sender.receiver)[-1]["withdrawn_because"] == "birth_dates"


def test_local_ids_of_two_units_or_systems_have_nothing_to_do_with_each_other() -> None:
    receiver = Receiver()
    said = {"person_local_id": "p", "birth_date": BORN, "sex": None}
    receiver.take(source_record([consultation(1, **said, fnr=FNR)]))
    receiver.take(source_record([consultation(2, **said, fnr=OTHER_FNR)], system=System.EG_INFODOC))
    assert {r["evidence"] for r in records(receiver)} == {"local_id"}


def test_the_same_evidence_again_writes_nothing() -> None:
    sender = Sender()
    item = consultation(1, **BOTH, person_local_id="p")
    assert sender.sends(item).count(topics.IDENTITY_LINK) == 2
    assert topics.IDENTITY_LINK not in sender.sends(item)
    # A correction that says the same of its person, and another visit that does.
    assert topics.IDENTITY_LINK not in sender.sends(item | {"weight_g": 4700})
    again = consultation(2, fnr=FNR, birth_date=BORN, sex=None, person_local_id="p")
    assert topics.IDENTITY_LINK not in sender.sends(again)
    # Taken away and brought again in one delivery: nothing has changed.
    assert topics.IDENTITY_LINK not in sender.sends(
        {**item, "operation": "delete"}, item | {"weight_g": 4700}
    )


def test_what_is_older_than_what_is_known_says_nothing() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH))
    sender.sends(consultation(1, fnr=FNR), extracted_at=NOW - timedelta(days=2))
    assert sender.links() == between(FNR_KEY, DNR_KEY, "same_item")


def test_a_link_changes_no_key_and_no_record() -> None:
    """Whatever is linked, the records are those of a receiver to which nothing is."""
    linked, apart = Sender(), Sender()
    both = consultation(1, **BOTH, person_local_id="p")
    only = consultation(1, fnr=FNR, person_local_id="p")
    later = consultation(2, fnr=OTHER_FNR, birth_date=BORN, sex=None, person_local_id="p")
    linked.sends(both, later)
    apart.sends(only, later | {"person_local_id": "q"})
    assert linked.links() != apart.links()

    def consultations(sender: Sender, name: str) -> list[Any]:
        return sender.receiver.read(name, "consultation")

    named = [topics.CONSULTATION]
    for topic in named:
        found, other = consultations(linked, topic), consultations(apart, topic)
        for one in (*found, *other):
            one.pop("warnings")
        assert found == other
    naturals = [k for k in linked.receiver.ledger.entries if k[:1] == b"n"]
    assert naturals == [k for k in apart.receiver.ledger.entries if k[:1] == b"n"]
    persons = {o.key for o in linked.receiver.written if o.topic == topics.IDENTITY}
    assert DNR_KEY.encode() not in persons, "a second id leaves no identity record"


def test_of_an_erased_person_nothing_is_linked() -> None:
    person = bytes.fromhex(FNR_KEY)
    sender = Sender(Rights(0, {person: PersonRights(erased=True)}))
    assert topics.IDENTITY_LINK not in sender.sends(consultation(1, **BOTH, person_local_id="p"))


@pytest.mark.parametrize("compacted", [False, True], ids=["whole", "compacted"])
def test_links_are_rebuilt_from_keys_and_headers(compacted: bool) -> None:  # noqa: FBT001
    sender = Sender()
    sender.sends(consultation(1, **BOTH), consultation(2, fnr=FNR, duf=DUF, birth_date=BORN))
    sender.sends(consultation(1, fnr=FNR), consultation(3, **BOTH, person_local_id="p-1"))
    receiver = sender.receiver
    receiver.order(withdrawal(0))
    kept = {k: v for k, v in receiver.ledger.entries.items() if k[:1] in SEARCHED}
    found = receiver.rebuilt(compacted=compacted)
    assert {k: v for k, v in found.items() if k[:1] in SEARCHED} == kept
    assert {k[:1] for k in kept} == {*SEARCHED}


def withdrawal(
    offset: int,
    kind: CommandKind = CommandKind.WITHDRAW_LINK,
    *,
    person_key: str = FNR_KEY,
    other_key: str = DNR_KEY,
) -> Any:
    nobody = {"system": None}
    return command_record(
        kind, offset, org_nr=None, fields=nobody, person_key=person_key, other_key=other_key
    )


def test_an_operator_withdraws_a_link_and_takes_that_back() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH))
    said = [
        sender.receiver.order(withdrawal(0)),
        sender.receiver.order(withdrawal(1, person_key=DNR_KEY, other_key=FNR_KEY)),
        sender.receiver.order(withdrawal(2, CommandKind.RESTORE_LINK)),
        sender.receiver.order(withdrawal(3, CommandKind.RESTORE_LINK)),
    ]
    assert [r and r["status"] for r in said] == ["done", "unchanged"] * 2
    words = [r["withdrawn"] for r in records(sender.receiver) if r["evidence"] == "operator"]
    assert words == [True, False]


def test_what_an_operator_has_withdrawn_stays_so_whatever_comes() -> None:
    sender = Sender()
    sender.receiver.order(withdrawal(0))
    sender.sends(consultation(1, **BOTH), consultation(2, **BOTH))
    sender.sends(consultation(1, operation="delete"))
    assert (frozenset((FNR_KEY, DNR_KEY)), "operator", False) in sender.links()


@pytest.mark.parametrize(
    "arguments",
    [
        {"person_key": DNR_KEY},
        {"person_key": "no key"},
        {"other_key": DNR_KEY[:-2]},
        {"other_key": "0" * 32},
        {"other_key": ""},
    ],
    ids=["one key twice", "no key", "too short", "zeros", "none"],
)
def test_a_withdrawal_of_what_can_be_no_link_is_refused(arguments: dict[str, str]) -> None:
    given = {"person_key": FNR_KEY, "other_key": DNR_KEY} | arguments
    nobody = {"system": None, "arguments": given}
    answer = Receiver().order(command_record(CommandKind.WITHDRAW_LINK, org_nr=None, fields=nobody))
    assert answer is not None
    assert (answer["status"], answer["code"]) == ("refused", "BAD_ARGUMENT")


def test_no_record_of_a_link_holds_an_id_or_a_birth_date() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH, person_local_id="local-id-of-the-epj"))
    days = str((BORN - date(1970, 1, 1)).days)
    for o in sender.receiver.written:
        if o.topic == topics.IDENTITY_LINK:
            data = o.key + (o.value or b"") + o.header.pack()
            for secret in (FNR, DNR, "local-id-of-the-epj", days, BORN.isoformat()):
                assert secret.encode() not in data


A, B, C, X = (bytes((n,)) * 16 for n in (1, 2, 3, 9))


def named(*national: bytes, agree: bool = True, born: bytes = NO_KEY) -> NamedPerson:
    return NamedPerson(national[0], national, X, agree, born)


def changes(found: Iterable[LinkChange]) -> list[tuple[Pair, Withdrawal | None]]:
    return [(one.pair, one.withdrawn) for one in found]


def test_an_item_says_what_it_names_and_takes_back_what_it_does_not() -> None:
    ab, ac = pair_of(B, A), pair_of(A, C)
    assert ab == (A, B)
    assert changes(changes_of_item(named(A, B), {}, deleted=False)) == [(ab, None)]
    assert changes(changes_of_item(named(A, B), {ab: True}, deleted=False)) == []
    assert changes(changes_of_item(named(A, B), {ac: True}, deleted=False)) == [
        (ab, None),
        (ac, Withdrawal.CORRECTED),
    ]
    assert changes(changes_of_item(named(A, B, agree=False), {ab: True}, deleted=False)) == [
        (ab, Withdrawal.BIRTH_DATES)
    ]
    assert changes(changes_of_item(None, {ab: True, ac: False}, deleted=True)) == [
        (ab, Withdrawal.DELETED)
    ]
    assert changes(changes_of_item(None, {ab: False}, deleted=False)) == []


def test_a_birth_date_that_is_not_known_contradicts_none() -> None:
    others = {B: KnownId(ContentVersion(0, 1), NO_KEY)}
    assert changes(changes_of_local_person(named(A, born=C), others, {})) == [(pair_of(A, B), None)]
    others = {B: KnownId(ContentVersion(0, 1), C)}
    assert changes(changes_of_local_person(named(A), others, {})) == [(pair_of(A, B), None)]
    assert changes(changes_of_local_person(named(A, born=X), others, {})) == []


def test_only_a_newer_birth_date_is_new() -> None:
    before = KnownId(ContentVersion(5, 1), C)
    assert is_new(None, named(A), ContentVersion(0, 1))
    assert not is_new(before, named(A), ContentVersion(6, 1))
    assert not is_new(before, named(A, born=C), ContentVersion(6, 1))
    assert is_new(before, named(A, born=X), ContentVersion(5, 1))
    assert not is_new(before, named(A, born=X), ContentVersion(4, 9))


def test_the_unit_and_system_that_say_so_are_named() -> None:
    sender = Sender()
    sender.sends(consultation(1, **BOTH))
    for record in records(sender.receiver):
        assert (record["org_nr"], record["system"]) == (ORG_NR, System.VISMA_HSPRO)
