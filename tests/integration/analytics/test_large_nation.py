"""The same over nine years of eleven municipalities: some 300,000 items."""

from __future__ import annotations

from datetime import date

import pytest

from kpr_stream.settings import Settings
from tests.end_to_end.histories import LARGE
from tests.integration.analytics.compared import VIEWS, differing_counts
from tests.integration.analytics.conftest import FilledDatabase

AS_OF = date(2025, 6, 1)


@pytest.mark.long
def test_every_view_equals_the_truth_of_a_long_history(
    stack: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    filled = FilledDatabase(stack, tmp_path_factory.mktemp("nation") / "out", LARGE, AS_OF)
    differing = {view: differing_counts(filled, view) for view in VIEWS}
    assert not any(differing.values()), differing
