"""Every view equals the truth over nine years of eleven municipalities: some 300,000 items.

`make history` runs it.
"""

from __future__ import annotations

from datetime import date

import pytest

from kpr_stream.settings import Settings
from tests.end_to_end.histories import LARGE
from tests.end_to_end.levels import PUBLISHED
from tests.integration.analytics.compared import VIEWS, differing_counts
from tests.integration.analytics.conftest import FilledDatabase

AS_OF = date(2025, 6, 1)
LONGEST_S = 3600
"""It takes a quarter of an hour on a busy machine of two cores: more than the usual limit."""


@pytest.mark.timeout(LONGEST_S)
def test_every_view_equals_the_truth_of_a_long_history(
    stack: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    filled = FilledDatabase(stack, tmp_path_factory.mktemp("nation") / "out", LARGE, AS_OF)
    differing = {view: differing_counts(filled, view) for view in VIEWS}
    assert not any(differing.values()), differing
    six_weeks = filled.rows(
        "SELECT 100.0 * sum(on_time) / sum(children) AS per_cent FROM analytics.adherence_known "
        "WHERE code = 'six_weeks_by_day_55' AND birth_year IN (2018, 2019)"
    )
    assert abs(float(six_weeks[0]["per_cent"]) - PUBLISHED["8 weeks"][2019]) < 1
    milk = filled.rows(
        "SELECT 100.0 * sum(fully + partly) / sum(asked) AS per_cent "
        "FROM analytics.breastfeeding WHERE age_months = 6"
    )
    # The month begins on day 183, to which the published level belongs, and ends a month later.
    assert abs(float(milk[0]["per_cent"]) - PUBLISHED["breastfed at 6 months"][0]) < 5
