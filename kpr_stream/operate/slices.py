"""Sends a long command a slice at a time: each result says where the next slice begins.

A command is one transaction, and the deliveries of its lane wait for it. A command that touches
many records is therefore sent in slices, and can be stopped and resumed between any two of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from kpr_stream.errors import RefusedError
from kpr_stream.model.command import describe_refusal
from kpr_stream.operate.request import CommandRequest

Send = Callable[[Sequence[CommandRequest]], Awaitable[Sequence[Mapping[str, Any]]]]
"""Sends commands and returns the lanes' results, in the same order."""
MakeRequest = Callable[[int, int | None], CommandRequest]
"""Makes the command of a lane for the slice that begins at an offset; None: at the beginning."""
SLICE_COUNTS: Final = ("next_offset", "complete", "end_offset")
"""Counts of a result that say where its slice ended, and nothing about what was done."""


async def send_in_slices(
    begin: Mapping[int, int | None],
    make: MakeRequest,
    send: Send,
    *,
    report: Callable[[Mapping[str, Any]], None],
) -> Counter[str]:
    """Send all slices of all lanes, one slice a lane at a time; return the counts of all.

    ``begin``: where each lane begins. ``report`` gets each result. RefusedError if a lane refuses
    a slice.
    """
    total: Counter[str] = Counter()
    at = dict(begin)
    while at:
        requests = [make(lane, first) for lane, first in sorted(at.items())]
        for request, result in zip(requests, await send(requests), strict=True):
            report(result)
            if result["status"] == "refused":
                raise RefusedError(
                    f"Lane {request.lane} refused this: {describe_refusal(result)}",
                    what_to_do="Fix the cause and run again. What was done remains, and the run "
                    "resumes from there (docs/operate/commands.md).",
                )
            counts = result["counts"]
            total.update({n: k for n, k in counts.items() if n not in SLICE_COUNTS})
            if counts["complete"]:
                del at[request.lane]
            else:
                at[request.lane] = counts["next_offset"]
    return total
