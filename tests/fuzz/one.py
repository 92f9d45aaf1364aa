"""One target under atheris: ``python -m tests.fuzz.one decoder CORPUS -max_total_time=60``."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["kpr_stream"]):
    # Instrumented while they are imported: coverage of our code is what chooses the inputs.
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()
