"""Finds where an interrupted re-enrichment resumes, from the results on the audit log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kpr_stream.model.command import CommandKind
from kpr_stream.model.topics import PARTITIONS


class Remaining(NamedTuple):
    """What remains of a lane: from an offset to where the topic ended when the run began.

    ``until`` is None in a lane where the run has done nothing yet.
    """

    first: int
    until: int | None


def remaining_by_lane(results: Iterable[Mapping[str, Any]], run: str) -> dict[int, Remaining]:
    """Return what remains of a run in each lane that is not complete.

    ``run`` is the name of the run: slices of other runs are left out.
    """
    found = {lane: Remaining(0, None) for lane in range(PARTITIONS)}
    done: set[int] = set()
    for result in results:
        arguments = result["arguments"]
        mine = result["kind"] == CommandKind.REENRICH and arguments.get("run") == run
        if not mine or result["status"] != "done":
            continue
        lane, counts = result["lane"], result["counts"]
        if counts["complete"]:
            done.add(lane)
        if counts["next_offset"] > found[lane].first:
            until = int(arguments.get("until") or counts["end_offset"])
            found[lane] = Remaining(counts["next_offset"], until)
    return {lane: rest for lane, rest in found.items() if lane not in done}
