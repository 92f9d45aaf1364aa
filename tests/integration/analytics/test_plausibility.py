"""A month against the same month of earlier years: as plain Python computes it."""

from __future__ import annotations

import math
from datetime import date
from statistics import median

from tests.integration.analytics.test_refresh import UNIT, Mirrored, mirrored
from tests.integration.analytics.test_reported_months import unit
from tests.integration.sinks.conftest import database

__all__ = ["database", "mirrored"]
MARCH = {2018: 30, 2019: 28, 2020: 5, 2021: 33, 2022: 31, 2023: 29, 2024: 12}
"""Contacts of each March; the one of 2021 is not reported as a whole."""
UNREPORTED = 2021
AS_OF = date(2024, 6, 1)


def expected(year: int) -> tuple[int, int, float | None]:
    """Contacts, years and robust z of a March."""
    earlier = [MARCH[y] for y in MARCH if y < year and y != UNREPORTED]
    if len(earlier) < 3:
        return MARCH[year], len(earlier), None
    middle = median(earlier)
    mad = median(abs(one - middle) for one in earlier)
    scale = max(1.4826 * mad, math.sqrt(middle), 1)
    return MARCH[year], len(earlier), round((MARCH[year] - middle) / scale, 2)


async def test_a_month_is_compared_with_reported_months_of_earlier_years(
    mirrored: Mirrored,
) -> None:
    await unit(mirrored, UNIT)
    await mirrored.delivered(date(2018, 1, 1), date(2021, 3, 8))
    await mirrored.delivered(date(2021, 3, 10), date(2024, 5, 31))
    number = 0
    for year, contacts in MARCH.items():
        for _ in range(contacts):
            number += 1
            await mirrored.visit(number, age=100, date=date(year, 3, 14))
    await mirrored.refresh(as_of=AS_OF)
    found = await mirrored.rows(
        "SELECT extract(year FROM month)::int, contacts, years, robust_z::float8 "
        "FROM analytics.quality_plausibility WHERE extract(month FROM month) = 3 ORDER BY 1"
    )
    assert found == [(year, *expected(year)) for year in MARCH if year != UNREPORTED]
    assert found[-1][-1] < -2.5
    # A month without any contact is compared too.
    empty = await mirrored.rows(
        "SELECT DISTINCT contacts, median, robust_z::float8 FROM analytics.quality_plausibility "
        "WHERE month = '2024-05-01'"
    )
    assert empty == [(0, 0.0, 0.0)]
