"""The peers' benchmark in its smallest form: the plain loop and ours write the same records."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.peers.fill import fill, remove_others
from bench.peers.peers import BY_NAME
from bench.peers.plan import Checked, check, expected, plan
from bench.peers.run import Bench
from kpr_stream.settings import Settings

ITEMS = 2_000


@pytest.mark.long
@pytest.mark.parametrize("each", [100, 1_000])
def test_the_plain_loop_and_ours_write_the_same_records(
    clean_stack: Settings, tmp_path: Path, each: int
) -> None:
    planned = plan(ITEMS, each)
    wanted = expected(planned)
    bench = Bench(clean_stack, tmp_path, ITEMS, {})
    fill(clean_stack, planned)
    try:
        found = {
            name: bench.run(BY_NAME[name], len(wanted)).outputs
            for name in ("plain-loop", "ours-bare")
        }
    finally:
        remove_others(clean_stack, kept=())
    for outputs in found.values():
        assert check(outputs, wanted) == Checked(0, 0, 0)
    assert {*found["plain-loop"]} == {*found["ours-bare"]}
