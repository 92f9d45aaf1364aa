"""Find the processes that serve metrics, and read all of them at once."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from kpr_stream.errors import UsageError
from kpr_stream.home import TARGETS_FOLDER
from kpr_stream.overview.facts import Overview
from kpr_stream.overview.gather import gather
from kpr_stream.overview.samples import Reading, Samples
from kpr_stream.settings import Settings

ANSWER_S: Final = 3.0
"""A process that takes longer is shown as one that does not answer: the view must stay alive."""
MOST_AT_ONCE: Final = 16
MOST_BYTES: Final = 50_000_000
"""The largest exporter serves some 10 MB; a wrong address may serve anything."""


@dataclass(frozen=True, slots=True)
class Target:
    """A process that serves metrics at an address (host:port)."""

    process: str
    name: str
    address: str


def listed_targets(settings: Settings) -> list[Target]:
    """Return the processes that are listed in KPR_HOME/targets; a file that is no list is left out.

    Prometheus reads the same files.
    """
    found: list[Target] = []
    for path in sorted((settings.home / TARGETS_FOLDER).glob("*.json")):
        found += _targets(path)
    return found


def named_targets(addresses: Sequence[str]) -> list[Target]:
    """Return targets at addresses, each host:port or a URL; UsageError if one is neither."""
    found = []
    for text in addresses:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme != "http" or not parts.hostname or not port:
            raise UsageError(
                f"{text} is not the address of a process.",
                what_to_do="Write --target HOST:PORT or http://HOST:PORT, as the process logs it.",
            )
        found.append(Target("?", text, parts.netloc))
    return found


def chosen_targets(settings: Settings, addresses: Sequence[str]) -> list[Target]:
    """Return the targets at these addresses; without any, those that are listed."""
    return named_targets(addresses) if addresses else listed_targets(settings)


def read_twice(settings: Settings, addresses: Sequence[str], *, every_s: float) -> Overview:
    """Return the facts of two readings, so that rates are known."""
    before = read_all(chosen_targets(settings, addresses))
    if before.readings:
        time.sleep(every_s)
    return gather(read_all(chosen_targets(settings, addresses)), before)


def read_all(targets: Sequence[Target]) -> Samples:
    """Read the metrics of all targets at once; one that does not answer is shown as such."""
    at = time.time()
    if not targets:
        return Samples([], at=at)
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(targets))) as pool:
        return Samples(pool.map(_read, targets), at=at)


def _targets(path: Path) -> list[Target]:
    try:
        groups = json.loads(path.read_text("utf-8"))
        return [
            Target(str(group["labels"]["process"]), str(group["labels"]["name"]), str(address))
            for group in groups
            for address in group["targets"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # a process has just removed it, or it is another program's


def _read(target: Target) -> Reading:
    text, why_not = None, None
    try:
        with urllib.request.urlopen(f"http://{target.address}/metrics", timeout=ANSWER_S) as answer:
            text = answer.read(MOST_BYTES).decode("utf-8", "replace")
    except (urllib.error.URLError, HTTPException, OSError) as cause:
        why_not = _why(cause)
    return Reading(
        process=target.process, name=target.name, address=target.address, text=text, why_not=why_not
    )


def _why(cause: Exception) -> str:
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, TimeoutError):
        return f"no answer within {ANSWER_S:.0f} s"
    return str(getattr(reason, "strerror", None) or type(reason).__name__)
