"""Nine years of five municipalities through the real receiver: it holds what the truth holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.histories import SMALL, missing_events
from tests.end_to_end.through import NationRun


@pytest.mark.long
async def test_the_receiver_equals_the_truth_with_both_workers_killed_half_way(
    tmp_path: Path,
) -> None:
    """Records on the topic and rows by key, and the answer to every item with its rules."""
    through = NationRun(tmp_path / "home", SMALL, kill=True)
    seen = await through.run()
    assert missing_events(through.out) == set()
    assert seen.restarts >= 2
    assert (seen.topic.missing, seen.topic.extra, dict(seen.topic.different)) == (0, 0, {})
    assert (seen.rows.missing, seen.rows.extra, dict(seen.rows.different)) == (0, 0, {})
    assert seen.topic.compared == seen.rows.compared > 25_000
    assert dict(seen.answers) == {}
    assert seen.unbalanced == []
    assert seen.doubled == 0
