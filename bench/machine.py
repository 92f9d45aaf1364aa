"""What a results file says of where and when its figures were measured."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any


def machine() -> dict[str, Any]:
    """``load_average`` is that of the last minute: above the number of CPUs others were at work.
    ``nice`` below 0 goes before them."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "nice": os.nice(0),
    }
