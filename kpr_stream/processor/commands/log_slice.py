"""What a command needs before it can be executed: a slice of the log, and rights. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kpr_stream.errors import ContractError
from kpr_stream.model.command import (
    Command,
    CommandKind,
    CommandRefusal,
    CommandRefused,
    bad_argument,
)
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.topics import CONSULTATION, QUARANTINE, delivery_topic
from kpr_stream.model.words import System

MOST_OFFSETS: Final = 5_000
"""Between the first and the last item of one command: its lane waits while they are read."""
DELIVERIES_A_SLICE: Final = 50
DELIVERY_BYTES_A_SLICE: Final = 4_000_000
"""Deliveries of one command: about two full micro-batches, a second of work."""
RECORDS_A_SLICE: Final = 10_000
"""Cleaned records of one command: half a second of reading, and of writing at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSlice:
    """Records of one topic in the lane's partition, from an offset or from a time on.

    The slice ends before ``until_offset`` or at the first record of ``until_time`` (ms). It is cut
    at ``max_records`` and ``max_bytes``, because the lane waits while it is read.
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
    """One record of a slice. ``received_at``: its timestamp, in ms."""

    offset: int
    received_at: int
    key: bytes | None
    value: bytes | None = field(repr=False)
    header: LedgerHeader | None = None


@dataclass(frozen=True, slots=True)
class SliceRead:
    """A slice that was read: its records, where the next begins, and whether it was cut."""

    records: tuple[LogRecord, ...] = ()
    next_offset: int = 0
    complete: bool = True
    end_offset: int = 0
    """Where the topic ended, or the slice was to end, when it was read."""


def rights_needed(command: Command) -> int | None:
    """The offset of ``kpr.rights`` that a command waits for; None if it waits for none."""
    if command.kind != CommandKind.APPLY_RIGHTS:
        return None
    try:
        return command.number("rights_offset")
    except ContractError:
        return None  # the command is refused for that where it is executed


def needed(
    command: Command, why_not: CommandRefused | None
) -> tuple[LogSlice | None, CommandRefused | None]:
    """The slice to read for a command, and why the command is refused, if it is."""
    try:
        return (None if why_not else slice_of(command)), why_not
    except ContractError as error:
        return None, CommandRefused(CommandRefusal(error.code), error.message)


def slice_of(command: Command) -> LogSlice | None:
    """The records that a command is about; None if it needs none.

    ContractError if an argument is missing or not valid.
    """
    match command.kind:
        case CommandKind.REPLAY_ITEMS | CommandKind.DISCARD:
            offsets = command.numbers("offsets")
            if offsets[-1] - offsets[0] > MOST_OFFSETS:
                raise bad_argument("offsets", f"within {MOST_OFFSETS} of each other")
            return LogSlice(topic=QUARANTINE, first=offsets[0], until_offset=offsets[-1] + 1)
        case CommandKind.REPLAY:
            return _deliveries(command)
        case CommandKind.REENRICH:
            until = command.number("until", 0)
            return LogSlice(
                topic=CONSULTATION,
                first=command.number("first", 0),
                until_offset=until or None,
                max_records=RECORDS_A_SLICE,
            )
        case _:
            return None


def _deliveries(command: Command) -> LogSlice:
    if command.system is None:
        raise bad_argument("system", "given")
    arguments = command.arguments or {}
    return LogSlice(
        topic=delivery_topic(System(command.system)),
        first=command.number("first", 0),
        from_time=None if "first" in arguments else command.number("from_ms"),
        until_time=command.number("until_ms"),
        max_records=DELIVERIES_A_SLICE,
        max_bytes=DELIVERY_BYTES_A_SLICE,
    )
