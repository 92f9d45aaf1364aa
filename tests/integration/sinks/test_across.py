"""What a unit and its successor have both reported, in the real database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.operate.request import Requester
from kpr_stream.operate.units.successions import (
    exclude,
    find_double_reports,
    forget_succession,
    register_succession,
)
from tests.integration.sinks.conftest import Database

OLD, NEW, THIRD = "974760673", "983658776", "999999018"
PERSON, OTHER = "11" * 16, "22" * 16
WHO = Requester("operator-1", "Reform 2024")
INSERT = """
INSERT INTO content.consultation (consultation_key, status, org_nr, system, extracted_at, sequence,
    received_at, rule_set_version, reference_version, source_epoch, source_partition,
    source_offset, person_key, date, service, weight_g)
VALUES ($1::text::uuid, $2, $3, 'visma-hspro', now(), 1, now(), '1', 'r', 0, 3, $4::text::bigint,
    $5::text::uuid, $6::text::date, 'HELSESTASJON_0_5', $7::text::integer)
"""


async def keep(database: Database, number: int, org_nr: str, **more: Any) -> None:
    said = {"status": "live", "person": PERSON, "day": "2024-03-04", "weight": "4500"} | more
    await database.fetch(
        "content_sink",
        INSERT,
        *(f"{number:032x}", said["status"], org_nr, str(number), said["person"], said["day"]),
        said["weight"],
    )


async def test_only_the_same_under_a_number_and_its_successor_is_found(database: Database) -> None:
    await keep(database, 1, OLD)
    await keep(database, 2, NEW)
    await keep(database, 3, NEW, day="2024-03-05")
    await keep(database, 4, OLD, day="2024-03-05", weight="4600")
    await keep(database, 5, THIRD)
    await keep(database, 6, OLD, person=OTHER, status="deleted")
    await keep(database, 7, NEW, person=OTHER)
    assert await find_double_reports(database.settings) == []
    await register_succession(database.settings, OLD, NEW, date(2024, 1, 1), WHO)
    (found,) = await find_double_reports(database.settings)
    assert (found.key, found.winner_key) == (f"{1:032x}", f"{2:032x}")
    assert (found.org_nr, found.lane, found.offset) == (OLD, 3, 1)


async def test_equal_ones_of_one_day_are_paired_one_to_one(database: Database) -> None:
    for number, org_nr in enumerate((OLD, OLD, OLD, NEW, NEW), start=1):
        await keep(database, number, org_nr)
    await register_succession(database.settings, OLD, NEW, date(2024, 1, 1), WHO)
    found = await find_double_reports(database.settings)
    assert [(int(f.key, 16), int(f.winner_key, 16)) for f in found] == [(1, 4), (2, 5)]


async def test_two_numbers_never_give_way_to_each_other(database: Database) -> None:
    await keep(database, 1, OLD)
    await keep(database, 2, NEW)
    await register_succession(database.settings, OLD, NEW, date(2024, 1, 1), WHO)
    await register_succession(database.settings, NEW, THIRD, date(2025, 1, 1), WHO)
    for later in (NEW, THIRD):
        with pytest.raises(UsageError, match="circle"):
            await register_succession(database.settings, later, OLD, date(2024, 1, 1), WHO)
    assert [one.org_nr for one in await find_double_reports(database.settings)] == [OLD]


async def test_a_succession_is_corrected_and_taken_back_and_the_registry_remembers(
    database: Database,
) -> None:
    await register_succession(database.settings, OLD, NEW, date(2024, 1, 1), WHO)
    for _ in range(2):
        await register_succession(database.settings, OLD, NEW, date(2024, 2, 1), WHO)
    assert await forget_succession(database.settings, OLD, NEW, WHO)
    assert not await forget_succession(database.settings, OLD, NEW, WHO)
    assert await find_double_reports(database.settings) == []
    noted = await database.fetch(
        "operator", "SELECT act, since, changed_by FROM registry.succession_history ORDER BY ctid"
    )
    assert [(row["act"], row["since"], row["changed_by"]) for row in noted] == [
        ("registered", date(2024, 1, 1), WHO.account),
        ("registered", date(2024, 2, 1), WHO.account),
        ("forgotten", date(2024, 2, 1), WHO.account),
    ]


async def test_what_an_operator_keeps_apart_is_not_marked_again(database: Database) -> None:
    for number, org_nr in enumerate((OLD, OLD, NEW, NEW), start=1):
        await keep(database, number, org_nr)
    await register_succession(database.settings, OLD, NEW, date(2024, 1, 1), WHO)
    for _ in range(2):
        await exclude(database.settings, f"{1:032x}", WHO)
    found = await find_double_reports(database.settings)
    assert [(int(f.key, 16), int(f.winner_key, 16)) for f in found] == [(2, 4)]
