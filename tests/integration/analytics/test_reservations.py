"""What an analyst sees of a reservation and of an erasure: before, after, and in every view."""

# ruff: noqa: S608 - names of our own views and tables

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.integration.analytics.test_refresh import BORN, FNR, LOCAL, Mirrored, mirrored
from tests.integration.sinks.conftest import database

__all__ = ["database", "mirrored"]
AGE = 42
SINCE = BORN + timedelta(days=AGE)
VIEWS = (
    *("consultation", "appointment", "activity", "attendance", "adherence_known"),
    *("coverage_population", "breastfeeding", "measuring", "measuring_year"),
)
GROUP = 40
"""Children of one unit, month and step."""
MILK: Any = {"breastfeeding": "FULLAMMET", "breastfeeding_status": "FULLT"}
MEASURED: Any = {"weight_g": 4500, "length_mm": 540, "head_circumference_mm": 380}


async def seen(mirrored: Mirrored) -> dict[str, Counter[str]]:
    """Every row of every view, as text."""
    return {
        view: Counter(
            text for (text,) in await mirrored.rows(f"SELECT v::text FROM analytics.{view} v")
        )
        for view in VIEWS
    }


async def large_group(mirrored: Mirrored) -> None:
    for number in range(GROUP):
        # Every fourth child is not measured, without a reason: nothing unusual.
        more = {} if number % 4 == 0 else MEASURED | MILK
        await mirrored.visit(
            number, UUID(int=1000 + number), age=AGE, programme_step_reported="UKE_6", **more
        )
    await mirrored.refresh()


async def test_a_reservation_in_a_large_group_lowers_two_counts_and_empties_one_row(
    mirrored: Mirrored,
) -> None:
    """What docs/analyse/reservations.md says may be seen, and nothing else."""
    await large_group(mirrored)
    before = await seen(mirrored)
    await mirrored.reserve(UUID(int=1001), "weight", "breastfeeding", since=SINCE)
    await mirrored.refresh()
    after = await seen(mirrored)
    changed = {view for view in VIEWS if before[view] != after[view]}
    assert changed == {"consultation", "breastfeeding", "measuring", "measuring_year"}
    for view in changed:
        assert (before[view] - after[view]).total() == (after[view] - before[view]).total() == 1
    assert await mirrored.rows("SELECT seen, asked FROM analytics.breastfeeding") == [
        (GROUP - 1, 29)
    ]
    assert await mirrored.rows(
        "SELECT expected, measured FROM analytics.measuring WHERE measure = 'weight'"
    ) == [(GROUP - 1, 29)]
    # The row looks like that of a child who was not weighed and not asked.
    alike = await mirrored.rows(
        "SELECT count(*) FROM analytics.consultation WHERE weight_g IS NULL AND weight_z IS NULL "
        "AND weight_reason_not_measured IS NULL AND breastfeeding_status IS NULL"
    )
    assert alike == [(GROUP // 4 + 1,)]
    assert await mirrored.rows(
        "SELECT count(*) FROM analytics.consultation WHERE length_mm = 540 AND weight_g IS NULL"
    ) == [(1,)]


async def test_revoking_a_reservation_brings_everything_back(mirrored: Mirrored) -> None:
    await large_group(mirrored)
    before = await seen(mirrored)
    await mirrored.reserve(UUID(int=1001), "growth", "head_circumference", since=SINCE)
    await mirrored.refresh()
    assert await mirrored.rows(
        "SELECT count(*) FROM analytics.consultation WHERE length_z IS NULL AND bmi_z IS NULL "
        "AND head_circumference_z IS NULL AND weight_z IS NOT NULL"
    ) == [(1,)]
    await mirrored.reserve(UUID(int=1001), "growth", "head_circumference", since=SINCE, until=SINCE)
    await mirrored.refresh()
    assert await seen(mirrored) == before


async def test_a_reservation_under_one_key_covers_the_linked_keys(mirrored: Mirrored) -> None:
    await mirrored.known(FNR, "fnr")
    await mirrored.known(LOCAL, "local")
    await mirrored.link(LOCAL, FNR)
    await mirrored.visit(1, LOCAL, age=AGE, **MEASURED)
    await mirrored.reserve(FNR, "weight", since=SINCE)
    await mirrored.refresh()
    weights = "SELECT weight_g, length_mm FROM analytics.consultation"
    assert await mirrored.rows(weights) == [(None, 540)]
    await mirrored.link(LOCAL, FNR, withdrawn=True, withdrawn_because="corrected")
    await mirrored.refresh()
    assert await mirrored.rows(weights) == [(4500, 540)]


async def test_an_erased_person_leaves_every_view_and_every_table(mirrored: Mirrored) -> None:
    await large_group(mirrored)
    alone = await seen(mirrored)
    await mirrored.known(FNR, "fnr")
    await mirrored.known(LOCAL, "local")
    await mirrored.link(LOCAL, FNR)
    for number, person in ((500, FNR), (501, LOCAL)):
        await mirrored.visit(number, person, age=AGE, programme_step_reported="UKE_6", **MILK)
    await mirrored.refresh()
    assert await seen(mirrored) != alone
    await mirrored.state_rights(FNR, reservations="[]", erased=True)
    done = await mirrored.refresh()
    assert (done.rebuilt, done.consultations) == (False, 2)
    assert await seen(mirrored) == alone
    for table in ("consultation_row", "person"):
        found = f"SELECT count(*) FROM analytics.{table} WHERE group_key = '{FNR}'"
        assert await mirrored.rows(found, "kpr_owner") == [(0,)]
    # A visit that is stored later does not bring the person back.
    await mirrored.visit(502, FNR, age=AGE + 30)
    await mirrored.refresh()
    await mirrored.refresh(rebuild=True)
    assert await seen(mirrored) == alone


@pytest.mark.parametrize("role", ["analyst", "municipality", "operator", "privacy", "content_sink"])
async def test_nobody_but_its_sink_and_the_owner_reads_rights(
    mirrored: Mirrored, role: str
) -> None:
    await mirrored.reserve(FNR, "weight", since=SINCE)
    await mirrored.refresh()
    for relation in ("rights.person", "rights.exclusion", "analytics.excluded_person"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await mirrored.rows(f"TABLE {relation}", role)
