"""Waiting for the answers of lanes: what is said to whoever stops waiting."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from pydantic import SecretStr

from kpr_stream.errors import UnavailableError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.command import CommandKind
from kpr_stream.operate.request import CommandRequest, Requester
from kpr_stream.operate.send import CommandSender
from kpr_stream.settings import Environment, SecurityProtocol

ACCESS = KafkaAccess(
    bootstrap="127.0.0.1:1",
    security_protocol=SecurityProtocol.SASL_PLAINTEXT,
    mechanism="SCRAM-SHA-256",
    username="tools",
    password=SecretStr("x"),
    ca_file=None,
    environment=Environment.TEST,
)
REQUEST = CommandRequest(
    command_id="an-id",
    kind=CommandKind.RESUME,
    lane=3,
    requester=Requester("operator-1", "Open again"),
)


class Silent:
    """A broker that takes what is sent, and a lane that never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.sent: list[int] = []

    async def send(self, _topic: str, _value: bytes, *, key: bytes, partition: int) -> Any:
        del key
        self.sent.append(partition)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def fetch(self) -> dict[Any, Any]:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


def waiting(lanes: Silent, within_s: float) -> asyncio.Task[Any]:
    ready = CommandSender(ACCESS, cast("Any", lanes), cast("Any", lanes))
    return asyncio.create_task(ready.send([REQUEST], within_s=within_s))


async def test_whoever_is_interrupted_learns_that_it_was_ordered() -> None:
    lanes = Silent()
    task = waiting(lanes, 60)
    await lanes.asked.wait()
    task.cancel()
    with pytest.raises(UnavailableError, match=r"1 of 1 .* before it was interrupted") as told:
        await task
    assert lanes.sent == [3]
    assert "is carried out once a lane is served" in told.value.what_to_do


async def test_who_waits_in_vain_learns_that_it_was_ordered() -> None:
    with pytest.raises(UnavailableError, match=r"1 of 1 .* within 0 s"):
        await waiting(Silent(), 0.01)
