"""Where a partition is read on: decided from the database's position and the log's range. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MAX_AGE = timedelta(days=20)
"""Erasures stay readable for 30 days (``delete.retention.ms``); a position older than this could
go past one that compaction has already dropped, and the erased row would stay."""


@dataclass(frozen=True, slots=True)
class Position:
    """Of one partition: the next offset to read, and where a rebuild ends, if one is going on."""

    next_offset: int
    epoch: int
    rebuild_until: int | None
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Advance:
    """A batch's step in one partition: from the position that was read to the next."""

    topic: str
    partition: int
    read_before: int
    next_offset: int
    epoch: int
    ends_rebuild: bool = False


def rebuild_reason(position: Position, begin: int, end: int, now: datetime) -> str | None:
    """Why a position cannot be read on from, or None if it can."""
    if position.next_offset > end:
        return f"it is above the log's end {end}: the log was made anew or has lost records"
    if position.next_offset < begin:
        return f"it is below the log's start {begin}: records between were removed"
    if now - position.noted_at > MAX_AGE:
        return f"it is older than {MAX_AGE.days} days: erasures may be gone from the log"
    return None


def rebuilt(position: Position, begin: int, end: int, now: datetime) -> Position:
    """The position a rebuild starts from. Rows of earlier epochs go when it has reached its end."""
    return Position(begin, position.epoch + 1, end, now)


def advanced(position: Position, step: Advance, now: datetime) -> Position:
    """The position after a step."""
    until = None if step.ends_rebuild else position.rebuild_until
    return replace(position, next_offset=step.next_offset, rebuild_until=until, noted_at=now)


def step(topic: str, partition: int, position: Position, next_offset: int) -> Advance:
    """The step from a position to an offset."""
    until = position.rebuild_until
    return Advance(
        topic,
        partition,
        position.next_offset,
        next_offset,
        position.epoch,
        ends_rebuild=until is not None and next_offset >= until,
    )
