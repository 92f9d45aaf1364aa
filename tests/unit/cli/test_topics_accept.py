"""``kpr-stream topics`` without a broker: a topic that was made again is named, and accepted."""

from __future__ import annotations

from typing import Any

import pytest

from kpr_stream.errors import TopicChangedError, UsageError
from kpr_stream.model.topics import WORKER_TOPICS
from kpr_stream.processor.lanes import accept_topic
from kpr_stream.processor.lanes.accept_topic import TopicState
from tests.support.command_here import here

TOPIC, SECOND, THIRD, *_ = WORKER_TOPICS
NEW = TopicState(TOPIC, "id-2", ("id-1",), ())
SHORT = TopicState(SECOND, "id-3", ("id-3",), (2, 5))
SAME = TopicState(THIRD, "id-4", ("id-4",), ())


@pytest.fixture(name="accepted", autouse=True)
def _accepted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give commands these topics; return what is accepted."""
    found: list[str] = []

    async def states(*_: Any) -> list[TopicState]:
        return [NEW, SHORT, SAME]

    async def changed(*_: Any) -> TopicState:
        return NEW

    async def accept(_: Any, __: str, topic: str) -> TopicState:
        found.append(topic)
        return NEW

    for name, one in (("topic_states", states), ("changed_topic", changed)):
        monkeypatch.setattr(accept_topic, name, one)
    monkeypatch.setattr(accept_topic, "accept_topic", accept)
    for name, value in {"BOOTSTRAP": "x:1", "USERNAME": "processor", "PASSWORD": "none"}.items():
        monkeypatch.setenv(f"KPR_KAFKA_{name}", value)
    return found


def test_each_changed_topic_is_named_with_how_it_changed() -> None:
    done = here("topics", "check")
    assert done.code == TopicChangedError.exit_code
    assert done.out.splitlines() == [
        f"{NEW.topic} id-2 made again: id-1 before",
        f"{SHORT.topic} id-3 ends before the positions of lanes 2, 5",
        f"{SAME.topic} id-4 as known",
    ]
    found = here("topics", "check", "--json").json["topics"]
    assert [one["changed"] for one in found] == [True, True, False]
    assert found[1]["lanes_behind_position"] == [2, 5]


def test_a_topic_is_accepted_only_with_a_yes(accepted: list[str]) -> None:
    refused = here("topics", "accept", TOPIC)
    assert isinstance(refused.error, UsageError)
    shown = here("topics", "accept", TOPIC, "--yes", "--dry-run")
    assert (shown.code, accepted) == (0, [])
    assert f"{TOPIC} id-2 made again: id-1 before. All lanes resume" in shown.out
    done = here("topics", "accept", TOPIC, "--yes")
    assert done.out.splitlines()[-1] == f"{TOPIC} id-2 is accepted."
    again = here("topics", "accept", TOPIC, "--yes", "--json")
    assert again.json == {"topic": TOPIC, "id": "id-2", "known_before": ["id-1"]}
    assert accepted == [TOPIC, TOPIC]
