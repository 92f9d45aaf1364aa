"""List the endpoints of a machine for Prometheus (``file_sd_configs``).

Each process keeps one file, named after it, and removes it when it ends in order. The file of a
process that was killed stays: Prometheus then reports the target as down.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Final

from kpr_stream.home import TARGETS_FOLDER
from kpr_stream.metrics.metric import Process
from kpr_stream.settings import Settings

log = logging.getLogger(__name__)

_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound
"""What a process on the same machine calls an address that is bound to every interface."""


def target_file(settings: Settings, process: Process, name: str) -> Path:
    """Return the file that lists one process."""
    return settings.home / TARGETS_FOLDER / f"{process.value}-{name}.json"


def list_target(settings: Settings, process: Process, name: str, port: int) -> Path:
    """Write the file of a process. One that cannot be written is logged and ends nothing."""
    path = target_file(settings, process, name)
    host = _EVERYWHERE.get(settings.metrics_host, settings.metrics_host)
    labels = {"job": f"kpr-{process.value}", "process": process.value, "name": name}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(
            json.dumps([{"targets": [f"{host}:{port}"], "labels": labels}]) + "\n", "utf-8"
        )
        temporary.replace(path)
    except OSError as cause:
        log.warning("Prometheus will not find this process: %s (%s).", path, cause.strerror)
    return path


def remove_target(path: Path, port: int) -> None:
    """Remove the file of a process that ends, unless it lists a successor with another port."""
    try:
        if f':{port}"' in path.read_text("utf-8"):
            path.unlink()
    except OSError:
        pass  # another process has removed it, or its folder is gone
