"""Say in the note of a committed offset for which topic and day it counts. Pure.

The day decides which records were held back at that offset (``hold.py``). A topic that was made
again has another id: an old offset would skip its first records (docs/adr/0150).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from kpr_stream.errors import TopicChangedError
from kpr_stream.model.topics import CONSULTATION

NOTE_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """Where a partition resumes. ``day``: what was due then has been shown (days since 1970)."""

    next_offset: int
    day: int


def note_of(topic_id: str, day: int) -> str:
    """Return the note of a committed offset, as JSON."""
    return json.dumps({"kpr": NOTE_VERSION, "topic": topic_id, "day": day})


def position_of(next_offset: int, note: str, topic_id: str) -> ResumePoint:
    """Return a committed position. TopicChangedError if it is not one of this topic."""
    try:
        found = json.loads(note)
        version, topic, day = found["kpr"], found["topic"], found["day"]
    except (ValueError, KeyError, TypeError):
        version, topic, day = None, None, None
    if version != NOTE_VERSION or topic != topic_id or type(day) is not int:
        raise TopicChangedError(
            f"The projector's position {next_offset} is not one of today's {CONSULTATION}: the "
            "topic was made again, or another program has committed the position.",
            what_to_do="Find out who did it. Then make the analysts' topic again too, and start "
            "with `kpr-stream projector --from-beginning`.",
        )
    return ResumePoint(next_offset=next_offset, day=day)
