"""Contacts in the real database: kept by the operator's role, the history with who and why."""

from __future__ import annotations

import asyncpg
import pytest

from kpr_stream.operate.request import Requester
from kpr_stream.operate.units.contacts import Contact, contacts_of, keep_contact, remove_contact
from tests.integration.sinks.conftest import Database

FIRST = Contact(
    party="visma-hspro",
    name="Support",
    phone="21000000",
    email="",
    hours="Mon-Fri 8-16",
    changed_by="operator-1",
    reason="First.",
)


async def test_a_contact_is_replaced_and_the_one_before_stays_in_the_history(
    database: Database,
) -> None:
    second = Contact(
        party="visma-hspro",
        name="Support",
        phone="21000001",
        email="",
        hours="",
        changed_by="operator-2",
        reason="New number.",
    )
    for one in (FIRST, second):
        await keep_contact(database.settings, one)
    (found,) = await contacts_of(database.settings, ["974760673", "visma-hspro"])
    assert (found["phone"], found["changed_by"]) == ("21000001", "operator-2")
    history = await database.fetch("operator", "SELECT phone FROM registry.contact_history")
    assert [row["phone"] for row in history] == ["21000000", "21000001"]


async def test_a_contact_is_removed_and_the_history_says_who_did_it(database: Database) -> None:
    who = Requester("operator-2", "No longer in use.")
    assert not await remove_contact(database.settings, "visma-hspro", who)
    await keep_contact(database.settings, FIRST)
    assert not await remove_contact(database.settings, "974760673", who)
    assert await remove_contact(database.settings, "visma-hspro", who)
    assert await contacts_of(database.settings, ["visma-hspro"]) == []
    assert not await remove_contact(database.settings, "visma-hspro", who)
    await keep_contact(database.settings, FIRST)
    history = await database.fetch(
        "operator", "SELECT phone, act, changed_by, reason FROM registry.contact_history"
    )
    assert [tuple(row) for row in history] == [
        ("21000000", "stored", "operator-1", "First."),
        ("21000000", "removed", "operator-2", "No longer in use."),
        ("21000000", "stored", "operator-1", "First."),
    ]


async def test_nobody_else_sees_contacts_and_nobody_changes_the_history(database: Database) -> None:
    for role, sql in (
        ("analyst", "SELECT * FROM registry.contact"),
        ("operator", "DELETE FROM registry.contact_history"),
        ("operator", "DELETE FROM registry.contact"),
        ("analyst", "SELECT registry.remove_contact('visma-hspro', 'me', 'so')"),
        ("operator", "SELECT * FROM content.consultation"),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.fetch(role, sql)
