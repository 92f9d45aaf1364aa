"""Mark: a consultation that the unit's successor reports too, found in the database. Pure.

Lanes share nothing, so what two org numbers report is found where all of it lies, and marked by a
command to the lane of the one that gives way: a superseded marker, the content kept apart. A mark
is taken back by another command, or by its own unit when it says something new.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from kpr_stream.model.command import (
    MOST_KEYS,
    Command,
    CommandKind,
    ResultStatus,
    bad_argument,
    keyed_hash,
)
from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.decide.supersede import Turn
from kpr_stream.processor.decide.superseded_content import turn
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.state.entries import consultation_entry_key, read_entry
from kpr_stream.processor.state.known import KnownRecord


class _Pair(NamedTuple):
    """A consultation that gives way, as it was when it was found, and the one that stands."""

    key: bytes
    offset: int
    winner: bytes


def mark(command: Command, uow: UnitOfWork) -> Effects:
    """Mark consultations, or take marks back. What has changed since it was found is left alone
    and counted."""
    counts: Counter[str] = Counter()
    taking_back = command.kind == CommandKind.UNMARK
    for pair in _pairs(command, winners=not taking_back):
        entry = uow.overlay.get(consultation_entry_key(pair.key))
        known = read_entry(entry) if entry else None
        if known is None or known.offset != pair.offset:
            counts["changed_since"] += 1
        elif taking_back:
            counts[_unmarked(command, pair, known, uow)] += 1
        else:
            counts[_marked(command, pair, known, uow)] += 1
    done = counts["marked"] or counts["unmarked"]
    return Effects(
        status=ResultStatus.DONE if done else ResultStatus.UNCHANGED, counts=dict(counts)
    )


def _marked(command: Command, pair: _Pair, known: KnownRecord, uow: UnitOfWork) -> str:
    if known.status is not HeaderStatus.LIVE:
        return "not_live"
    # Without a natural key: whoever reports it in the unit itself must not bring it back.
    apart = known._replace(natural_key=NO_KEY)
    turn(command.source, Turn(pair.key, apart, HeaderStatus.SUPERSEDED, pair.winner), uow)
    return "marked"


def _unmarked(command: Command, pair: _Pair, known: KnownRecord, uow: UnitOfWork) -> str:
    if known.status is not HeaderStatus.SUPERSEDED or known.natural_key != NO_KEY:
        return "not_marked"
    turn(command.source, Turn(pair.key, known, HeaderStatus.LIVE, NO_KEY), uow)
    return "unmarked"


def _pairs(command: Command, *, winners: bool) -> list[_Pair]:
    keys = [keyed_hash("keys", text) for text in command.text("keys").split(",")]
    offsets = command.text("offsets").split(",")
    others = command.text("winners").split(",") if winners else [NO_KEY.hex()] * len(keys)
    if not len(keys) == len(offsets) == len(others) <= MOST_KEYS or len(set(keys)) != len(keys):
        raise bad_argument("keys", f"at most {MOST_KEYS}, each once, with an offset and a winner")
    if not all(text.isascii() and text.isdigit() for text in offsets):
        raise bad_argument("offsets", "whole numbers parted by commas")
    return [
        _Pair(key, int(offset), keyed_hash("winners", other))
        for key, offset, other in zip(keys, offsets, others, strict=True)
    ]
