"""Run one target under atheris: ``python -m tests.fuzz.one decoder CORPUS -max_total_time=60``."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["kpr_stream"]):
    # Instrument our code while it is imported, because its coverage chooses the inputs.
    from tests.fuzz.targets import with_work_compared

if __name__ == "__main__":
    target = with_work_compared(sys.argv[1])
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()
