"""Which records of the log a command needs before it can be carried out. Pure."""

from __future__ import annotations

from typing import Final

from kpr_stream.errors import ContractError
from kpr_stream.model.command import Command, CommandKind, CommandRefusal, Refused, bad_argument
from kpr_stream.model.topics import CONSULTATION, QUARANTINE, delivery_topic
from kpr_stream.model.words import System
from kpr_stream.processor.commands.log_slice import LogSlice

MOST_OFFSETS: Final = 5_000
"""Between the first and the last item of one command: its lane waits while they are read."""
DELIVERIES_A_SLICE: Final = 50
DELIVERY_BYTES_A_SLICE: Final = 4_000_000
"""Deliveries of one command: about two full micro-batches, a second of work."""
RECORDS_A_SLICE: Final = 10_000
"""Cleaned records of one command: half a second of reading, and of writing at most."""


def needed(command: Command, why_not: Refused | None) -> tuple[LogSlice | None, Refused | None]:
    """What has to be read for a command, and why it is refused, if it is."""
    try:
        return (None if why_not else slice_of(command)), why_not
    except ContractError as error:
        return None, Refused(CommandRefusal(error.code), error.message)


def slice_of(command: Command) -> LogSlice | None:
    """The records that a command is about; None if it needs none. ContractError for arguments
    that cannot be."""
    match command.kind:
        case CommandKind.REPLAY_ITEMS | CommandKind.DISCARD:
            offsets = command.numbers("offsets")
            if offsets[-1] - offsets[0] > MOST_OFFSETS:
                raise bad_argument("offsets", f"within {MOST_OFFSETS} of each other")
            return LogSlice(QUARANTINE, offsets[0], until_offset=offsets[-1] + 1)
        case CommandKind.REPLAY:
            return _deliveries(command)
        case CommandKind.REENRICH:
            until = command.number("until", 0)
            return LogSlice(
                CONSULTATION,
                command.number("first", 0),
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
        delivery_topic(System(command.system)),
        command.number("first", 0),
        from_time=None if "first" in arguments else command.number("from_ms"),
        until_time=command.number("until_ms"),
        max_records=DELIVERIES_A_SLICE,
        max_bytes=DELIVERY_BYTES_A_SLICE,
    )
