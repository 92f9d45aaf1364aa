"""The probe with a hello every two seconds, as all times of the rules are shorter too.

``python -m tests.acceptance.prometheus.quick_probe``
"""

from __future__ import annotations

import asyncio

from kpr_stream.probe import pace

EVERY_S = 2.0

if __name__ == "__main__":
    pace.EVERY_S = EVERY_S  # type: ignore[misc] # before the probe reads it

    from kpr_stream.probe.run import run_probe
    from kpr_stream.settings import Settings

    asyncio.run(run_probe(Settings()))
