"""`status` and `top` on a real stack: what runs, and what is not as it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from kpr_stream.embedded.kafka.provision import admin_client, delete_topics
from kpr_stream.home import TARGETS_FOLDER
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import PARTITIONS, RELEASE, Role
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.integration.at_work import at_work, command_line, units_of_lane, wait_until
from tests.support.deliveries import consultation
from tests.support.poll import HANGING_S
from tests.support.stack import add_partitions, fresh_topics

GROUP: Final = "kpr-hst-status"
SYSTEM: Final = System.EG_INFODOC


@pytest.fixture
def alone(clean_stack: Settings) -> Iterator[Settings]:
    """The stack without what killed processes of other tests have left in its list."""
    for path in (clean_stack.home / TARGETS_FOLDER).glob("*.json"):
        path.unlink()
    yield clean_stack
    fresh_topics(clean_stack)


async def test_a_worker_at_work_is_seen_and_what_is_missing_is_named(
    alone: Settings, tmp_path: Path
) -> None:
    code, found, errors = await command_line(alone, "status", "--json")
    assert (code, found["troubles"], found["topics"]) == (0, [], []), errors
    assert set(found["health"].values()) == {"healthy"}

    (unit,) = units_of_lane(3, 1)
    async with at_work(alone, tmp_path, group=GROUP) as work:
        one = work.vendors.delivery([consultation(1)], system=SYSTEM, org_nr=unit, sequence=1)
        await work.receipts.of(*await work.vendors.send(one))
        looked: dict[str, Any] = {}

        async def look(command: str, *more: str) -> int:
            nonlocal looked
            code, looked, _ = await command_line(alone, command, "--every", "0.5", "--json", *more)
            return code

        async with asyncio.timeout(HANGING_S):
            # On a slow machine the worker may lose its lanes for a moment.
            while not looked or looked["unowned_lanes"]:
                assert await look("top", "--once") == 0
        (worker,) = looked["workers"]
        assert worker["name"] == f"{GROUP}-0"
        assert worker["lanes"] == list(range(PARTITIONS))
        code = await look("status")
        assert code == 1
        wrong = {trouble["alert"] for trouble in looked["troubles"]}
        assert wrong == {"ExporterAbsent", "ProbeFails", "ProjectorStopped", "SinkStopped"}
    await wait_until(lambda: not list((alone.home / TARGETS_FOLDER).glob("worker-*.json")))


async def test_a_topic_with_added_partitions_and_a_missing_one_are_named(alone: Settings) -> None:
    add_partitions(alone, RELEASE, PARTITIONS + 1)

    async def faults() -> list[tuple[str, int]]:
        code, found, errors = await command_line(alone, "status", "--json")
        assert code == 1, errors
        return [(one["topic"], one["partitions"]) for one in found["topics"]]

    assert await faults() == [(RELEASE, PARTITIONS + 1)]
    delete_topics(admin_client(kafka_access(alone, Role.ADMIN)), [RELEASE])
    assert await faults() == [(RELEASE, 0)]
