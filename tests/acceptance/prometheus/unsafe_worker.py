"""A worker that does not look whether the broker took its records.

``python -m tests.acceptance.prometheus.unsafe_worker``. If the broker refuses one, its delivery is
answered and its rows are lost: the books must show it.
"""

from __future__ import annotations

from kpr_stream.processor.worker.main import run_worker
from kpr_stream.settings import Settings
from tests.faults.mutations.switches import switch_off

if __name__ == "__main__":
    switch_off("futures")
    run_worker(Settings())
