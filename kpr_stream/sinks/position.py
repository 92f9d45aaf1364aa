"""Decide where reading a partition resumes: from the position and the log's range. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MAX_AGE = timedelta(days=20)
"""Erasures stay readable for 30 days (``delete.retention.ms``). An older position could miss one
that compaction has dropped, and the erased row would stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Next offset of one partition, and where its rebuild ends if one is in progress.

    ``topic_id`` is the topic that the offset belongs to; None where an earlier release wrote it.
    ``first_epoch`` is the first epoch of which the log still has every key: offsets compare, and a
    key that is not in the log was erased, from that epoch on.
    """

    next_offset: int
    epoch: int
    rebuild_until: int | None
    noted_at: datetime
    topic_id: str | None = None
    first_epoch: int = 1


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Why a partition is read again, and whether its log has lost keys since it was read."""

    reason: str
    loses_keys: bool


ASKED_FOR = Rebuild("an operator asked for it", loses_keys=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """The step of a batch in one partition: from the position before it to the one after."""

    topic: str
    partition: int
    read_before: int
    next_offset: int
    epoch: int
    ends_rebuild: bool = False
    rebuilding: bool = False
    """Whether the records up to here were read before."""


def is_of_another_topic(position: Position, topic_id: str) -> bool:
    """Return whether a position belongs to a topic that was deleted: its name is another's now."""
    return position.topic_id not in (None, topic_id)


@dataclass(frozen=True, slots=True)
class LogState:
    """Begin and end of a partition's log, and the id of its topic."""

    begin: int
    end: int
    topic_id: str


def rebuild_due(position: Position, log: LogState, now: datetime) -> Rebuild | None:
    """Return why reading cannot resume at a position, or None if it can."""
    if is_of_another_topic(position, log.topic_id):
        ids = f"its id was {position.topic_id} and is {log.topic_id}"
        return Rebuild(f"the topic was made again: {ids}", loses_keys=True)
    if position.next_offset > log.end:
        lost = "the log was made again or has lost records"
        return Rebuild(f"it is above the log's end {log.end}: {lost}", loses_keys=True)
    if position.next_offset < log.begin:
        removed = "records between were removed"
        return Rebuild(f"it is below the log's start {log.begin}: {removed}", loses_keys=True)
    if now - position.noted_at > MAX_AGE:
        gone = "erasures may be gone from the log"
        return Rebuild(f"it is older than {MAX_AGE.days} days: {gone}", loses_keys=False)
    return None


def rebuilt(position: Position, log: LogState, now: datetime, why: Rebuild) -> Position:
    """Return where a rebuild starts. Its end deletes the rows of earlier epochs."""
    epoch = position.epoch + 1
    first = epoch if why.loses_keys else position.first_epoch
    return Position(
        next_offset=log.begin,
        epoch=epoch,
        rebuild_until=log.end,
        noted_at=now,
        topic_id=log.topic_id,
        first_epoch=first,
    )


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
        rebuilding=until is not None,
    )
