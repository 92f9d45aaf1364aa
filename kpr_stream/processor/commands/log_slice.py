"""What a command needs of the log, and what was found there. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field

from kpr_stream.model.header import LedgerHeader


@dataclass(frozen=True, slots=True)
class LogSlice:
    """Records of one topic in the lane's partition, from an offset or from a time on.

    It ends before ``until_offset`` or at the first record of ``until_time`` (ms), and is cut
    where it would be more than a command should hold up its lane with.
    """

    topic: str
    first: int = 0
    from_time: int | None = None
    until_offset: int | None = None
    until_time: int | None = None
    max_records: int = 4_000
    max_bytes: int = 8_000_000


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as it lies there. ``received_at``: its timestamp, in ms."""

    offset: int
    received_at: int
    key: bytes | None
    value: bytes | None = field(repr=False)
    header: LedgerHeader | None = None


@dataclass(frozen=True, slots=True)
class SliceRead:
    """A slice that was read: what it holds, where the next begins, whether that was all."""

    records: tuple[LogRecord, ...] = ()
    next_offset: int = 0
    complete: bool = True
    end_offset: int = 0
    """Where the topic ended, or the slice was to end, when it was read."""
