"""Contacts: a function that can be called, and no person's national id."""

from __future__ import annotations

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.operate.request import Requester
from kpr_stream.operate.units.contacts import Contact, make_contact

NUMBER = "21891012345"
REQUESTER = Requester("operator-1", "New number")


def contact(**changed: str) -> Contact:
    fields = {"name": "Support", "phone": "21000000", "email": "", "hours": ""} | changed
    return make_contact("visma-hspro", REQUESTER, **fields)


@pytest.mark.parametrize("field", ["name", "phone", "email", "hours"])
def test_a_persons_number_is_refused_and_not_quoted(field: str) -> None:
    with pytest.raises(UsageError) as refused:
        contact(**{field: NUMBER})
    assert NUMBER not in str(refused.value)


@pytest.mark.parametrize("phone", ["21000000", "+47 21 00 00 00", "0047 21000000"])
def test_a_telephone_is_accepted_as_people_write_it(phone: str) -> None:
    assert contact(phone=phone, email="support@vendor.example").phone == phone


@pytest.mark.parametrize("changed", [{"name": " "}, {"phone": ""}])
def test_a_contact_that_nobody_can_call_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        contact(**changed)


def test_a_contact_says_who_stored_it_and_why() -> None:
    assert (contact().changed_by, contact().reason) == ("operator-1", "New number")
