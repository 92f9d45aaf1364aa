"""Long orders, a slice at a time: each lane answers where the next slice begins.

A command has one transaction, and the deliveries of its lane wait for it. So what touches much
goes in slices, and ends or begins again between any two of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from kpr_stream.errors import RefusedError
from kpr_stream.model.command import told_refusal
from kpr_stream.operate.request import Order

Carry = Callable[[Sequence[Order]], Awaitable[Sequence[Mapping[str, Any]]]]
"""Sends orders and gives the lanes' answers, in their order."""
MakeOrder = Callable[[int, int | None], Order]
"""The order of a lane for the slice that begins at an offset; None: at the beginning."""
OF_THE_SLICE: Final = ("next_offset", "complete", "end_offset")
"""Counts that say where a slice ended, and nothing of what was done."""


async def in_slices(
    begin: Mapping[int, int | None],
    make: MakeOrder,
    carry: Carry,
    *,
    told: Callable[[Mapping[str, Any]], None],
) -> Counter[str]:
    """Go through all slices of all lanes, one a lane at a time; what was done, in all.

    ``begin``: where each lane begins. RefusedError if a lane refuses a slice.
    """
    total: Counter[str] = Counter()
    at = dict(begin)
    while at:
        orders = [make(lane, first) for lane, first in sorted(at.items())]
        for order, result in zip(orders, await carry(orders), strict=True):
            told(result)
            if result["status"] == "refused":
                raise RefusedError(
                    f"Lane {order.lane} refused this: {told_refusal(result)}",
                    what_to_do="Mend the cause and run again: what was done so far stands, and it "
                    "goes on from there (docs/operate/commands.md).",
                )
            counts = result["counts"]
            total.update({n: k for n, k in counts.items() if n not in OF_THE_SLICE})
            if counts["complete"]:
                del at[order.lane]
            else:
                at[order.lane] = counts["next_offset"]
    return total
