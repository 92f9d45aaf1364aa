"""A worker that dies of marked deliveries: ``python -m tests.integration.killed_worker``.

The mark is a clear field of the envelope. The rest is the real worker.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from typing import Final

from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared
from kpr_stream.model.stages import Measure, unmeasured
from kpr_stream.processor.poison.isolate import Work
from kpr_stream.processor.worker.frame_work import frame_work
from kpr_stream.processor.worker.main import run_worker
from kpr_stream.settings import Settings

SEGFAULT: Final = "dies"
RAISE: Final = "raises"
BREAK: Final = "breaks everything"
"""From its first delivery on nothing can be opened for a while, not even what is good."""
BROKEN_S: Final = 4.0


def deadly_work(settings: Settings, measure: Measure = unmeasured) -> Work:
    """The real work, but for the marked."""
    real = frame_work(settings, measure)
    broken_until = 0.0

    def work(deliveries: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
        nonlocal broken_until
        marked = BREAK in {delivery.envelope.software_version for delivery in deliveries}
        if marked and not broken_until:
            broken_until = time.monotonic() + BROKEN_S
        if time.monotonic() < broken_until:
            raise ZeroDivisionError
        for delivery in deliveries:
            if delivery.envelope.software_version == SEGFAULT:
                ctypes.string_at(0)
            if delivery.envelope.software_version == RAISE:
                raise MemoryError
        return real(deliveries)

    return work


if __name__ == "__main__":
    run_worker(Settings(), make_work=deadly_work)
