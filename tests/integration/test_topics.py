"""The commands for a topic that was made again, on a real broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpr_stream.errors import TopicChangedError, UsageError
from kpr_stream.model.topics import WORKER_TOPICS, delivery_topic
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.integration.at_work import at_work, command_line, units_of_lane
from tests.support.deliveries import consultation
from tests.support.stack import fresh_topics

SYSTEM = System.EG_INFODOC
TOPIC = delivery_topic(SYSTEM)
GROUP = "kpr-hst-topics"


@pytest.mark.long
async def test_a_topic_that_was_made_again_is_checked_shown_and_accepted(
    clean_stack: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPR_APP_ID", GROUP)
    (unit,) = units_of_lane(2, 1)

    async def report(sequence: int) -> str:
        async with at_work(clean_stack, tmp_path, group=GROUP) as work:
            one = work.vendors.delivery(
                [consultation(1)], system=SYSTEM, org_nr=unit, sequence=sequence
            )
            (answer,) = await work.receipts.of(*await work.vendors.send(one))
        return str(answer["status"])

    async def check() -> tuple[int, set[str]]:
        code, shown, _ = await command_line(clean_stack, "topics", "check", "--json")
        assert {one["topic"] for one in shown["topics"]} == set(WORKER_TOPICS)
        return code, {one["topic"] for one in shown["topics"] if one["changed"]}

    assert await report(1) == "processed"
    assert await check() == (0, set())
    code, _, told = await command_line(clean_stack, "topics", "accept", TOPIC, "--yes")
    assert (code, "Nothing is to be accepted" in told) == (UsageError.exit_code, True)

    fresh_topics(clean_stack, [TOPIC])
    assert await check() == (TopicChangedError.exit_code, {TOPIC})
    code, shown, _ = await command_line(clean_stack, "topics", "accept", TOPIC, "--dry-run")
    assert (code, "made again" in shown) == (0, True)
    code, _, told = await command_line(clean_stack, "topics", "accept", TOPIC)
    assert (code, "--yes" in told) == (UsageError.exit_code, True)
    assert await check() == (TopicChangedError.exit_code, {TOPIC})

    code, accepted, told = await command_line(
        clean_stack, "topics", "accept", TOPIC, "--yes", "--json"
    )
    assert (code, accepted["topic"]) == (0, TOPIC), told
    assert await check() == (0, set())
    assert await report(2) == "processed"
