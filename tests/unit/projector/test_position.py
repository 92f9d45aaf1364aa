"""The note of the projector's committed offsets."""

from __future__ import annotations

import pytest

from kpr_stream.errors import TopicChangedError
from kpr_stream.projector.position import ResumePoint, note_of, position_of


def test_a_note_says_the_day_of_its_offset() -> None:
    assert position_of(7, note_of("an-id", 20_515), "an-id") == ResumePoint(
        next_offset=7, day=20_515
    )


@pytest.mark.parametrize(
    "note",
    [
        *("", "{}", "[]", "null", "not json", '{"kpr": 2, "topic": "an-id", "day": 1}'),
        *('{"kpr": 1, "topic": "an-id", "day": "1"}', note_of("another-id", 1)),
    ],
)
def test_a_position_of_another_topic_or_program_is_refused(note: str) -> None:
    with pytest.raises(TopicChangedError, match="position 7") as caught:
        position_of(7, note, "an-id")
    assert "--from-beginning" in caught.value.what_to_do
