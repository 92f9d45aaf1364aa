"""Describe the machine and time of a measurement for its results file."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

VERSIONS: Final = ("polars", "fastavro", "aiokafka", "asyncpg")
"""Packages whose release decides the speed."""


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


def facts() -> dict[str, Any]:
    """Return what ``machine`` does, with processor, memory and the versions of software."""
    return {
        **machine(),
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "python": platform.python_version(),
        **{name: version(name) for name in VERSIONS},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if sys.platform == "linux" else ()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())
