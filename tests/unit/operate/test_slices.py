"""Long orders: every slice of every lane once, and what was done in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from kpr_stream.errors import RefusedError
from kpr_stream.model.command import CommandKind
from kpr_stream.operate.request import Order, Who
from kpr_stream.operate.slices import in_slices

LENGTH = {0: 25, 3: 0, 5: 7}
SLICE = 10


def make(lane: int, first: int | None) -> Order:
    return Order(
        "id", CommandKind.REPLAY, lane, Who("a", "b"), arguments={"first": str(first or 0)}
    )


class Lanes:
    """Lanes with so many records each."""

    def __init__(self, refuse: int | None = None) -> None:
        self.asked: list[tuple[int, int]] = []
        self._refuse = refuse

    async def carry(self, orders: Sequence[Order]) -> list[Mapping[str, Any]]:
        return [self._answer(order) for order in orders]

    def _answer(self, order: Order) -> Mapping[str, Any]:
        first = int(order.arguments["first"])
        self.asked.append((order.lane, first))
        if order.lane == self._refuse:
            return {"lane": order.lane, "status": "refused", "code": "GONE", "counts": {}}
        end = min(first + SLICE, LENGTH[order.lane])
        counts = {"items": end - first, "next_offset": end, "complete": end == LENGTH[order.lane]}
        return {"lane": order.lane, "status": "done", "code": None, "counts": counts}


async def test_every_lane_is_gone_through_to_its_end() -> None:
    lanes = Lanes()
    told: list[Mapping[str, Any]] = []
    total = await in_slices({0: None, 3: None, 5: 2}, make, lanes.carry, told=told.append)
    assert total == {"items": 25 + 0 + 5}
    assert lanes.asked == [(0, 0), (3, 0), (5, 2), (0, 10), (0, 20)]
    assert len(told) == 5


async def test_a_refusal_ends_it_with_its_code() -> None:
    with pytest.raises(
        RefusedError, match="Lane 3 refused this: GONE: A record that the command needs"
    ):
        await in_slices({3: None}, make, Lanes(refuse=3).carry, told=lambda _: None)
