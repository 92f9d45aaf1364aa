"""The time of a stage is reported when it ends well, and pure code runs without a clock."""

from __future__ import annotations

import pytest

from kpr_stream.model.stages import Stage, measured, unmeasured
from kpr_stream.processor.lanes.stopwatch import stopwatch


def test_a_stage_is_reported_once_and_a_failed_one_is_not() -> None:
    found: list[tuple[Stage, float]] = []
    measure = stopwatch(lambda stage, seconds: found.append((stage, seconds)))
    half = measured(measure, Stage.DECIDE, lambda number: 1 / number)
    assert half(2) == 0.5
    with pytest.raises(ZeroDivisionError):
        half(0)
    ((stage, seconds),) = found
    assert stage is Stage.DECIDE
    assert seconds >= 0


def test_without_a_measure_the_work_is_done_all_the_same() -> None:
    assert measured(unmeasured, Stage.DECIDE, lambda a, b: a - b)(3, b=1) == 2
