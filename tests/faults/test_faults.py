"""Run a short form of ``make faults`` with the tests: five faults, and every count must be 0."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.faults.harness.check import check
from tests.faults.harness.columns import Columns
from tests.faults.run import RunPlan, RunResult, run

PLAN = RunPlan(
    seed=5, faults=5, steps=(4, 7), gap_s=(0.5, 2.0), warm_up=40, columns=Columns.ALTERNATE
)


@pytest.mark.long
async def test_five_faults_lose_and_double_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="aiokafka")
    result = await run(PLAN, tmp_path)
    assert result.findings.messages == []
    assert result.answered
    assert result.good, result.as_json()
    assert result.findings.items > 100
    _the_checker_sees_damage_in_what_was_read(result)


def _the_checker_sees_damage_in_what_was_read(result: RunResult) -> None:
    for topic in ("kpr.hst.consultation", "kpr.hst.receipt."):
        place = next(n for n, r in enumerate(result.written) if r.topic.startswith(topic))
        one = result.written[place]
        less = check(result.sent, [r for r in result.written if r is not one], result.secret)
        assert (less.lost > 0, less.duplicated) == (True, 0)
        more = check(result.sent, [*result.written, one], result.secret)
        assert (more.lost, more.duplicated) == (0, 1)
