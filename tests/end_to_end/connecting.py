"""What runs of real connectors share: files into their folders, and what their outboxes say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kpr_stream.connectors.report.read import read_outbox
from kpr_stream.errors import KprError
from kpr_stream.model.words import System


def put_into_inbox(out: Path, inbox: Path, paths: Iterable[str]) -> list[System]:
    """Put files of a nation into the export folders, each complete at once.

    Returns the systems that they are of. FileExistsError if one is there already.
    """
    systems = set()
    for path in paths:
        there = inbox / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.hardlink_to(out / path)
        systems.add(system_of(path))
    return sorted(systems)


def system_of(path: str) -> System:
    """Return the system of a nation's file: the first folder of its path."""
    return System(path.split("/", 1)[0])


def answered_and_left(home: Path, system: System) -> tuple[int, int]:
    """Return the items that are answered in an outbox, and the deliveries that are not."""
    try:
        with read_outbox(home / "outbox" / f"{system}.sqlite3") as outbox:
            row = outbox.execute(
                "SELECT coalesce(sum(item_count) FILTER (WHERE state = 'done'), 0),"
                " count(*) FILTER (WHERE state <> 'done') FROM delivery"
            ).fetchone()
    except KprError:
        return 0, 0  # its connector has not made it yet
    return int(row[0]), int(row[1])
