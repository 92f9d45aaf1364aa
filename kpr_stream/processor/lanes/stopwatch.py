"""Take the time of stages for an observer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from kpr_stream.model.stages import Measure, Stage


def stopwatch(report: Callable[[Stage, float], None]) -> Measure:
    """Return what reports the seconds of each stage that ends well.

    A stage that raises is left out: how long a failure took says nothing about the stage.
    """

    @contextmanager
    def measure(stage: Stage) -> Iterator[None]:
        began = perf_counter()
        yield
        report(stage, perf_counter() - began)

    return measure
