"""Decide where reading a partition resumes: from the position and the log's range. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MAX_AGE = timedelta(days=20)
"""Erasures stay readable for 30 days (``delete.retention.ms``). An older position could miss one
that compaction has dropped, and the erased row would stay."""


@dataclass(frozen=True, slots=True)
class Position:
    """Next offset of one partition, and where its rebuild ends if one is in progress.

    ``topic_id`` is the topic that the offset belongs to; None where an earlier release wrote it.
    """

    next_offset: int
    epoch: int
    rebuild_until: int | None
    noted_at: datetime
    topic_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """The step of a batch in one partition: from the position before it to the one after."""

    topic: str
    partition: int
    read_before: int
    next_offset: int
    epoch: int
    ends_rebuild: bool = False


def is_of_another_topic(position: Position, topic_id: str) -> bool:
    """Return whether a position belongs to a topic that was deleted: its name is another's now."""
    return position.topic_id not in (None, topic_id)


def rebuild_reason(
    position: Position, begin: int, end: int, now: datetime, topic_id: str
) -> str | None:
    """Return why reading cannot resume at a position, or None if it can."""
    if is_of_another_topic(position, topic_id):
        return f"the topic was made again: its id was {position.topic_id} and is {topic_id}"
    if position.next_offset > end:
        return f"it is above the log's end {end}: the log was made again or has lost records"
    if position.next_offset < begin:
        return f"it is below the log's start {begin}: records between were removed"
    if now - position.noted_at > MAX_AGE:
        return f"it is older than {MAX_AGE.days} days: erasures may be gone from the log"
    return None


def rebuilt(position: Position, begin: int, end: int, now: datetime, topic_id: str) -> Position:
    """Return where a rebuild starts. Its end deletes the rows of earlier epochs."""
    return Position(begin, position.epoch + 1, end, now, topic_id)


def advanced(position: Position, step: Advance, now: datetime) -> Position:
    """Return the position after a step."""
    until = None if step.ends_rebuild else position.rebuild_until
    return replace(position, next_offset=step.next_offset, rebuild_until=until, noted_at=now)


def step(topic: str, partition: int, position: Position, next_offset: int) -> Advance:
    """Return the step from a position to an offset."""
    until = position.rebuild_until
    return Advance(
        topic=topic,
        partition=partition,
        read_before=position.next_offset,
        next_offset=next_offset,
        epoch=position.epoch,
        ends_rebuild=until is not None and next_offset >= until,
    )
