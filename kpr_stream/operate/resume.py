"""Where a re-enrichment goes on that was interrupted: its own answers tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kpr_stream.model.command import CommandKind
from kpr_stream.model.topics import PARTITIONS


class Rest(NamedTuple):
    """What is left of a lane: from an offset to where the topic ended when it began."""

    first: int
    until: int | None


def left_over(results: Iterable[Mapping[str, Any]], run: str) -> dict[int, Rest]:
    """What is left of a run in each lane that is not done; whole lanes where nothing was done.

    ``run`` names it: slices of another run say nothing about this one.
    """
    found = {lane: Rest(0, None) for lane in range(PARTITIONS)}
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
            found[lane] = Rest(counts["next_offset"], until)
    return {lane: rest for lane, rest in found.items() if lane not in done}
