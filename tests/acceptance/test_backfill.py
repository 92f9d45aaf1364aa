"""A history is sent while everything is killed, and is whole afterwards."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.end_to_end.backfill import run

ITEMS, KILLS = 1000, 3


async def test_a_backfill_that_is_killed_at_random_equals_the_truth(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The large one is ``python -m tests.end_to_end.backfill --seed N --items 50000``."""
    caplog.set_level(logging.CRITICAL, logger="aiokafka")
    found = await run(tmp_path, seed=1, items=ITEMS, kills=KILLS)
    assert min(found.items.values()) >= ITEMS
    assert found.good, found.as_json()
