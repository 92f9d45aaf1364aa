"""A worker that dies of marked deliveries: ``python -m tests.integration.killed_worker``.

The mark is a clear field of the envelope. The rest is the real worker.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Final

from kpr_stream.model.delivery import Arrived, Prepared, Refused
from kpr_stream.processor.frame_work import frame_work
from kpr_stream.processor.isolate import Work
from kpr_stream.processor.main import run_worker
from kpr_stream.settings import Settings

SEGFAULT: Final = "dies"
RAISE: Final = "raises"


def deadly_work(settings: Settings) -> Work:
    """The real work, but for the marked."""
    real = frame_work(settings)

    def work(deliveries: Sequence[Arrived]) -> Sequence[Prepared | Refused]:
        for delivery in deliveries:
            if delivery.envelope.software_version == SEGFAULT:
                ctypes.string_at(0)
            if delivery.envelope.software_version == RAISE:
                raise MemoryError
        return real(deliveries)

    return work


if __name__ == "__main__":
    run_worker(Settings(), make_work=deadly_work)
