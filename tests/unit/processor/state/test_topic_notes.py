"""Positions belong to topics by their ids, whatever Kafka has forgotten with a deleted topic."""

from __future__ import annotations

import pytest

from kpr_stream.errors import TopicChangedError
from kpr_stream.model.topics import COMMAND, RIGHTS, SOURCE_TOPICS, TOPICS
from kpr_stream.processor.state.topic_notes import Committed, Resume, accepted, known_ids, resume

IDS = {topic.name: f"id-{n}" for n, topic in enumerate(TOPICS)}
ENDS = dict.fromkeys(SOURCE_TOPICS, 100)
NOTHING = [0] * len(SOURCE_TOPICS)
MOST_BYTES = 4096
"""Kafka's ``offset.metadata.max.bytes``."""


def noted(at: int = 10) -> dict[str, Committed]:
    """What a lane has committed after its first opening."""
    first = resume(3, {}, NOTHING, ENDS, IDS)
    return {topic: Committed(at, first.notes[topic]) for topic in SOURCE_TOPICS}


def again(topic: str) -> dict[str, str]:
    return IDS | {topic: "another"}


def test_a_new_lane_notes_every_position_before_it_serves() -> None:
    first = resume(3, {}, NOTHING, ENDS, IDS)
    assert first.offsets == NOTHING
    assert first.unnoted == dict.fromkeys(SOURCE_TOPICS, 0)
    assert first.adopted == 0
    assert known_ids(noted()) == IDS
    real = dict.fromkeys(IDS, 22 * "x")
    notes = resume(3, {}, NOTHING, ENDS, real).notes
    assert max(len(text) for text in notes.values()) < MOST_BYTES / 2


def test_a_noted_lane_resumes_at_the_later_offset_and_notes_nothing() -> None:
    found = resume(3, noted(), [4, 20, 0, 10, 11], ENDS, IDS)
    assert found.offsets == [10, 20, 10, 10, 11]
    assert found.unnoted == {}


def test_positions_of_an_earlier_release_are_adopted() -> None:
    found = resume(3, {t: Committed(7) for t in SOURCE_TOPICS}, NOTHING, ENDS, IDS)
    assert found.offsets == [7] * len(SOURCE_TOPICS)
    assert found.unnoted == dict.fromkeys(SOURCE_TOPICS, 7)
    assert found.adopted == len(SOURCE_TOPICS)


@pytest.mark.parametrize(
    "note", ["", "x", "{}", "[]", "null", '{"kpr":2,"ids":{}}', '{"kpr":1}', '{"kpr":1,"ids":3}']
)
def test_a_note_that_is_not_ours_is_no_note(note: str) -> None:
    found = resume(3, {SOURCE_TOPICS[0]: Committed(7, note)}, NOTHING, ENDS, IDS)
    assert (found.offsets[0], found.adopted) == (7, 1)


@pytest.mark.parametrize("topic", [t.name for t in TOPICS])
@pytest.mark.parametrize("forgotten", [True, False])
def test_a_topic_made_again_stops_the_lane(topic: str, forgotten: bool) -> None:  # noqa: FBT001
    """Kafka forgets a deleted topic's offsets with their notes; another note knows its id."""
    committed = noted()
    if forgotten:
        committed.pop(topic, None)
    with pytest.raises(TopicChangedError, match=rf"Lane 3 .*{topic} was made again") as stopped:
        resume(3, committed, NOTHING, ENDS, again(topic))
    assert IDS[topic] in stopped.value.message
    assert "another" in stopped.value.message


def test_a_topic_that_ends_before_its_position_stops_the_lane() -> None:
    ends = ENDS | {SOURCE_TOPICS[1]: 9}
    for committed in (noted(), {SOURCE_TOPICS[1]: Committed(10)}):
        with pytest.raises(TopicChangedError, match="ends at 9, before its position 10"):
            resume(3, committed, NOTHING, ends, IDS)
    with pytest.raises(TopicChangedError, match="before its position 12"):
        resume(3, {}, [0, 12, 0, 0, 0], ends, IDS)


@pytest.mark.parametrize("topic", [t.name for t in TOPICS])
@pytest.mark.parametrize("forgotten", [True, False])
def test_an_accepted_topic_is_resumed_from_its_beginning(
    topic: str,
    forgotten: bool,  # noqa: FBT001
) -> None:
    committed, ids = noted(), again(topic)
    if forgotten:
        committed.pop(topic, None)
    after = committed | accepted(topic, committed, ids, 2)
    in_ledger = [50] * len(SOURCE_TOPICS)
    found = resume(3, after, in_ledger, ENDS, ids)
    wanted = [2 if source == topic else 50 for source in SOURCE_TOPICS]
    assert found.offsets == wanted, "a ledger's offset is of the topic before"
    # The lane's own commits keep that in mind.
    lived = {t: Committed(9 if t == topic else 50, found.notes[t]) for t in SOURCE_TOPICS}
    later: Resume = resume(3, lived, in_ledger, ENDS, ids)
    assert later.offsets == [9 if source == topic else 50 for source in SOURCE_TOPICS]
    assert later.unnoted == {}


def test_accepting_one_topic_accepts_no_other() -> None:
    ids = again(RIGHTS) | {COMMAND: "new"}
    after = noted() | accepted(COMMAND, noted(), ids, 0)
    with pytest.raises(TopicChangedError, match=RIGHTS) as stopped:
        resume(3, after, NOTHING, ENDS, ids)
    assert COMMAND not in stopped.value.message
    after |= accepted(RIGHTS, after, ids, 0)
    assert resume(3, after, NOTHING, ENDS, ids).offsets[-1] == 0


def test_a_topic_made_again_twice_stops_the_lane_twice() -> None:
    topic = SOURCE_TOPICS[0]
    after = noted() | accepted(topic, noted(), again(topic), 0)
    with pytest.raises(TopicChangedError, match="its id was another and is third"):
        resume(3, after, NOTHING, ENDS, IDS | {topic: "third"})
    del after[topic]
    with pytest.raises(TopicChangedError, match="its id was another and is third"):
        resume(3, after, NOTHING, ENDS, IDS | {topic: "third"})
