"""Describe the machine and time of a measurement for its results file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any


def machine() -> dict[str, Any]:
    """Return time, CPUs, load average and niceness.

    ``load_average`` is of the last minute: above the number of CPUs, other processes interfered.
    A ``nice`` below 0 has priority over them.
    """
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "nice": os.nice(0),
    }
