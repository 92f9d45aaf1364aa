"""The same plan gives the same bytes: in any process, and after any interruption."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kpr_stream.errors import UsageError
from kpr_stream.simulate.nation import generate as generate_module
from kpr_stream.simulate.nation.draw import Purpose, _normal_table, stream
from kpr_stream.simulate.nation.generate import DONE_FOLDER, Plan, generate
from kpr_stream.simulate.nation.truth import tables
from kpr_stream.simulate.nation.visits import growth
from tests.unit.simulate.nation.trees import digests

pytestmark = pytest.mark.slow

PLAN = Plan(seed=7, municipalities=("1857", "5630", "1151"))
"""Two changes of EPJ among them."""
PLACES = 3


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("whole") / "out"
    generate(PLAN, out)
    return digests(out)


def in_a_process(out: Path, hash_seed: str) -> dict[str, str]:
    codes = [part for code in PLAN.municipalities for part in ("--municipality", code)]
    subprocess.run(
        [sys.executable, "-m", "kpr_stream", "simulate", "nation", str(out), "--seed", "7", *codes],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "POLARS_MAX_THREADS": "1"},
    )
    return digests(out)


def test_two_processes_with_other_hash_seeds_write_the_same_bytes(
    tmp_path: Path, whole: dict[str, str]
) -> None:
    assert len(whole) > 800
    assert in_a_process(tmp_path / "one", "1") == whole
    assert in_a_process(tmp_path / "other", "4242") == whole


def test_another_seed_gives_other_bytes(tmp_path: Path, whole: dict[str, str]) -> None:
    generate(replace(PLAN, seed=8), tmp_path / "out")
    other = digests(tmp_path / "out")
    records = [name for name in whole if name.startswith("truth/records/")]
    assert len(records) == PLACES + 2
    assert all(other[name] != whole[name] for name in records)


@pytest.mark.parametrize("places_done", [0, 1, 2])
def test_a_resumed_run_ends_with_the_same_bytes(
    tmp_path: Path, whole: dict[str, str], monkeypatch: pytest.MonkeyPatch, places_done: int
) -> None:
    """Interrupt after the first series of a place is written, before its truth is."""
    out, written = tmp_path / "out", 0
    write_table = tables.write_table

    def interrupted(*given: Any) -> None:
        nonlocal written
        written += given[2] == "files"
        if written > places_done:
            raise KeyboardInterrupt
        write_table(*given)

    with monkeypatch.context() as patched:
        patched.setattr(generate_module, "write_table", interrupted)
        with pytest.raises(KeyboardInterrupt):
            generate(PLAN, out)
    assert len([*(out / DONE_FOLDER).iterdir()]) == places_done
    assert len([*out.glob("*/*/*.json")]) > 0
    reported: list[tuple[int, int, int]] = []
    generate(PLAN, out, resume=True, report=lambda *given: reported.append(given))
    assert digests(out) == whole
    assert [(done, of) for done, of, _ in reported] == [(n, PLACES) for n in (1, 2, 3)]


def test_a_folder_of_another_plan_is_not_continued(tmp_path: Path) -> None:
    small = replace(PLAN, municipalities=("1151",))
    generate(small, tmp_path / "out")
    with pytest.raises(UsageError, match="another plan"):
        generate(PLAN, tmp_path / "out", resume=True)
    with pytest.raises(UsageError, match="not empty"):
        generate(small, tmp_path / "out")


def test_a_stream_is_the_raw_one_of_philox() -> None:
    """Known numbers, which NumPy promises never to change."""
    draw = stream(1, 2, Purpose.FAULTS)
    assert draw.below(1000, 6).tolist() == KNOWN
    assert stream(1, 2, Purpose.HISTORY).below(1000, 6).tolist() != KNOWN


KNOWN = [993, 577, 674, 743, 94, 241]


def test_no_table_hangs_on_the_last_bit_of_a_library() -> None:
    """Rounded values lie so far from a half that no platform's power function can turn them."""
    assert (np.diff(_normal_table()) >= 0).all()
    middle = (growth.HIGHEST - growth.LOWEST) // growth.APART // 2
    for measure in growth._TABLES:
        exact = np.delete(growth.exact_table(measure), middle, axis=2)  # z = 0: no power is taken
        from_half = np.abs(exact - np.floor(exact) - 0.5)
        assert from_half.min() > 1e-7, measure
