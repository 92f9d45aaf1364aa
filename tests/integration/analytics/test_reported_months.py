"""Which months are reported: by the working days that deliveries cover, unit for unit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from kpr_stream.analytics.refresh import REPORTED_WITHIN
from tests.integration.analytics.test_refresh import (
    OTHER_UNIT,
    UNIT,
    YOUTH_UNIT,
    Mirrored,
    mirrored,
)
from tests.integration.sinks.conftest import database

__all__ = ["database", "mirrored"]
JANUARY, APRIL = date(2024, 1, 1), date(2024, 4, 1)
AS_OF = date(2024, 4, 30) + REPORTED_WITHIN
MONTHS = "SELECT to_char(month, 'MM') FROM analytics.reported_month ORDER BY 1"
DAYS = "SELECT org_nr, to_char(month, 'MM'), expected_days, reported_days FROM analytics.unit_month"


async def reported(mirrored: Mirrored) -> list[str]:
    await mirrored.refresh(as_of=AS_OF)
    return [month for (month,) in await mirrored.rows(MONTHS, "kpr_owner")]


async def unit(mirrored: Mirrored, org_nr: str, **more: Any) -> None:
    """The state of a unit, as the content sink has stored it."""
    await mirrored.execute("DELETE FROM content.unit WHERE org_nr = $1", org_nr)
    now = datetime(2024, 1, 1, tzinfo=UTC)
    given = {
        "org_nr": org_nr,
        "system": "visma-hspro",
        "municipality_code": "5001",
        "next_sequence": 1,
        "missing_sequences": 0,
        "last_delivery_at": now,
        "covered_months": [],
        "source_epoch": 1,
        "source_partition": 3,
        "source_offset": 1,
    } | more
    places = ", ".join(f"${n}" for n in range(1, len(given) + 1))
    await mirrored.execute(
        f"INSERT INTO content.unit ({', '.join(given)}) VALUES ({places})",  # noqa: S608 - our table
        *given.values(),
    )


async def test_a_quiet_month_is_reported_and_a_month_with_contacts_need_not_be(
    mirrored: Mirrored,
) -> None:
    await mirrored.visit(1, age=10, date=date(2024, 2, 5))
    await mirrored.delivered(JANUARY, date(2024, 1, 31))
    await mirrored.delivered(date(2024, 3, 1), date(2024, 4, 30))
    assert await reported(mirrored) == ["01", "03", "04"]
    assert (UNIT, "02", 21, 0) in await mirrored.rows(DAYS, "kpr_owner")


async def test_a_weekend_and_a_holiday_need_no_delivery_and_a_working_day_does(
    mirrored: Mirrored,
) -> None:
    await mirrored.visit(1, age=10)
    # Easter 2024: from Thursday 28 March to Monday 1 April.
    for first, last in ((JANUARY, date(2024, 3, 27)), (date(2024, 4, 2), date(2024, 4, 18))):
        await mirrored.delivered(first, last)
    await mirrored.delivered(date(2024, 4, 20), date(2024, 4, 30))
    assert await reported(mirrored) == ["01", "02", "03"]
    await mirrored.delivered(date(2024, 4, 19), date(2024, 4, 19), message_type="appointment")
    await mirrored.delivered(date(2024, 4, 19), date(2024, 4, 19), status="refused")
    assert await reported(mirrored) == ["01", "02", "03"]
    await mirrored.delivered(date(2024, 4, 19), date(2024, 4, 19), system="eg-infodoc")
    assert await reported(mirrored) == ["01", "02", "03", "04"]


async def test_every_unit_of_the_municipality_counts_but_those_for_youth_alone(
    mirrored: Mirrored,
) -> None:
    await mirrored.visit(1, age=10)
    await mirrored.visit(2, age=5000, service="HFU", org_nr=YOUTH_UNIT)
    await unit(mirrored, OTHER_UNIT)
    for org_nr in (UNIT, OTHER_UNIT):
        await mirrored.delivered(JANUARY, date(2024, 4, 30), org_nr)
    await mirrored.delivered(JANUARY, JANUARY, YOUTH_UNIT)
    assert await reported(mirrored) == ["01", "02", "03", "04"]
    await mirrored.execute("DELETE FROM content.delivery WHERE org_nr = $1", OTHER_UNIT)
    await mirrored.delivered(JANUARY, date(2024, 2, 29), OTHER_UNIT)
    await mirrored.refresh(as_of=AS_OF, rebuild=True)
    # The unit falls silent: its months are missing until its agreement has an end.
    assert await reported(mirrored) == ["01", "02"]
    await unit(mirrored, OTHER_UNIT, agreed_from=JANUARY, agreed_to=date(2024, 2, 29))
    assert await reported(mirrored) == ["01", "02", "03", "04"]


async def test_an_agreement_and_a_pause_say_what_is_expected(mirrored: Mirrored) -> None:
    await mirrored.visit(1, age=10)
    await mirrored.delivered(date(2024, 2, 1), date(2024, 2, 29))
    await mirrored.delivered(APRIL, date(2024, 4, 30))
    assert await reported(mirrored) == ["02", "04"]
    paused = {"paused_from": date(2024, 3, 4), "paused_until": date(2024, 3, 31)}
    await unit(mirrored, UNIT, **paused)
    assert await reported(mirrored) == ["02", "04"]
    await mirrored.delivered(date(2024, 3, 1), date(2024, 3, 1))
    assert await reported(mirrored) == ["02", "03", "04"]
    await unit(mirrored, UNIT, agreed_from=JANUARY, **paused)
    assert (UNIT, "01", 22, 0) in await _after(mirrored)
    assert await reported(mirrored) == ["02", "03", "04"]


async def test_refreshes_of_many_days_equal_one(mirrored: Mirrored) -> None:
    await mirrored.visit(1, age=10)
    for day in range(1, 30, 7):
        await mirrored.delivered(date(2024, 3, day), date(2024, 3, min(day + 6, 31)))
        await mirrored.refresh(as_of=date(2024, 4, day))
    made = await mirrored.rows(f"{DAYS} ORDER BY 2", "kpr_owner")
    assert made == [(UNIT, "03", 19, 19), (UNIT, "04", 14, 0)]
    await mirrored.refresh(as_of=date(2024, 4, 29), rebuild=True)
    assert await mirrored.rows(f"{DAYS} ORDER BY 2", "kpr_owner") == made
    await mirrored.refresh(as_of=date(2024, 3, 20))
    assert await mirrored.rows(DAYS, "kpr_owner") == [(UNIT, "03", 8, 8)]


async def _after(mirrored: Mirrored) -> list[tuple[Any, ...]]:
    await mirrored.refresh(as_of=AS_OF)
    return await mirrored.rows(DAYS, "kpr_owner")
