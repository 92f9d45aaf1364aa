"""Long commands: every slice of every lane once, and the counts of all slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from kpr_stream.errors import RefusedError
from kpr_stream.model.command import CommandKind
from kpr_stream.operate.request import CommandRequest, Requester
from kpr_stream.operate.slices import send_in_slices

LENGTH = {0: 25, 3: 0, 5: 7}
SLICE = 10


def make(lane: int, first: int | None) -> CommandRequest:
    return CommandRequest(
        command_id="id",
        kind=CommandKind.REPLAY,
        lane=lane,
        requester=Requester("a", "b"),
        arguments={"first": str(first or 0)},
    )


class Lanes:
    """Lanes with a number of records each, that answer a slice at a time."""

    def __init__(self, refuse: int | None = None) -> None:
        self.asked: list[tuple[int, int]] = []
        self._refuse = refuse

    async def send(self, requests: Sequence[CommandRequest]) -> list[Mapping[str, Any]]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: CommandRequest) -> Mapping[str, Any]:
        first = int(request.arguments["first"])
        self.asked.append((request.lane, first))
        if request.lane == self._refuse:
            return {"lane": request.lane, "status": "refused", "code": "GONE", "counts": {}}
        end = min(first + SLICE, LENGTH[request.lane])
        counts = {"items": end - first, "next_offset": end, "complete": end == LENGTH[request.lane]}
        return {"lane": request.lane, "status": "done", "code": None, "counts": counts}


async def test_every_slice_of_every_lane_is_sent_once() -> None:
    lanes = Lanes()
    reported: list[Mapping[str, Any]] = []
    total = await send_in_slices({0: None, 3: None, 5: 2}, make, lanes.send, report=reported.append)
    assert total == {"items": 25 + 0 + 5}
    assert lanes.asked == [(0, 0), (3, 0), (5, 2), (0, 10), (0, 20)]
    assert len(reported) == 5


async def test_a_refusal_ends_it_with_its_code() -> None:
    with pytest.raises(
        RefusedError, match="Lane 3 refused this: GONE: A record that the command needs"
    ):
        await send_in_slices({3: None}, make, Lanes(refuse=3).send, report=lambda _: None)
