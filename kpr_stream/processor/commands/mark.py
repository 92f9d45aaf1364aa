"""Mark consultations as superseded that the unit's successor reports too, or unmark them. Pure.

Lanes share nothing, so consultations that two org numbers report are found in the database. A
command marks one of the two in the lane of the predecessor: a superseded marker, the content kept
apart. Another command takes the mark back, and so does a new report of the unit itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from kpr_stream.model.command import (
    MOST_KEYS,
    Command,
    ResultStatus,
    bad_argument,
    keyed_hash,
)
from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.processor.commands.effects import Effects
from kpr_stream.processor.decide.supersede import StatusFlip
from kpr_stream.processor.decide.superseded_content import flip_status
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.state.entries import consultation_entry_key, read_entry
from kpr_stream.processor.state.known import KnownRecord


class _Target(NamedTuple):
    """A consultation to mark, where it was found, and the consultation that stays live."""

    key: bytes
    offset: int
    winner: bytes


def mark(command: Command, uow: UnitOfWork) -> Effects:
    """Mark consultations. Those that changed since they were found are only counted."""

    def flip(target: _Target, known: KnownRecord) -> str:
        if known.status is not HeaderStatus.LIVE:
            return "not_live"
        # Without a natural key, no other system of the unit can bring the record back.
        unmatched = known._replace(natural_key=NO_KEY)
        superseded = StatusFlip(target.key, unmatched, HeaderStatus.SUPERSEDED, target.winner)
        flip_status(command.source, superseded, uow)
        return "marked"

    return _flip_all(_targets(command, with_winners=True), flip, uow)


def unmark(command: Command, uow: UnitOfWork) -> Effects:
    """Take marks back. Consultations that changed since they were found are only counted."""

    def flip(target: _Target, known: KnownRecord) -> str:
        if known.status is not HeaderStatus.SUPERSEDED or known.natural_key != NO_KEY:
            return "not_marked"
        flip_status(command.source, StatusFlip(target.key, known, HeaderStatus.LIVE, NO_KEY), uow)
        return "unmarked"

    return _flip_all(_targets(command, with_winners=False), flip, uow)


def _flip_all(
    targets: list[_Target], flip: Callable[[_Target, KnownRecord], str], uow: UnitOfWork
) -> Effects:
    counts: Counter[str] = Counter()
    for target in targets:
        entry = uow.overlay.get(consultation_entry_key(target.key))
        known = read_entry(entry) if entry else None
        unchanged = known is not None and known.offset == target.offset
        counts[flip(target, known) if known and unchanged else "changed_since"] += 1
    done = counts["marked"] or counts["unmarked"]
    return Effects(
        status=ResultStatus.DONE if done else ResultStatus.UNCHANGED, counts=dict(counts)
    )


def _targets(command: Command, *, with_winners: bool) -> list[_Target]:
    keys = [keyed_hash("keys", text) for text in command.text("keys").split(",")]
    offsets = command.text("offsets").split(",")
    nobody = [NO_KEY.hex()] * len(keys)
    winners = command.text("winners").split(",") if with_winners else nobody
    if not len(keys) == len(offsets) == len(winners) <= MOST_KEYS or len(set(keys)) != len(keys):
        raise bad_argument("keys", f"at most {MOST_KEYS}, each once, with an offset and a winner")
    if not all(text.isascii() and text.isdigit() for text in offsets):
        raise bad_argument("offsets", "whole numbers separated by commas")
    return [
        _Target(key, int(offset), keyed_hash("winners", winner))
        for key, offset, winner in zip(keys, offsets, winners, strict=True)
    ]
