"""Supersede: one consultation that two systems of a unit report, as when a unit changes its EPJ.

Two records are of one consultation if they have the same natural key: person (by a national id),
unit and start minute. Of the systems that have one under a natural key, the newest holds it: its
records are live, those of the older systems are markers. The newer of two systems is the one
whose first delivery was processed later. Within one system nothing is ever matched: two records
of the same minute are both kept.

So what is live follows from what is there, not from the order in which it came. When the newest
system's last record under a natural key is deleted, or moves to another one, the next system's
come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.model.unit import unit_key
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.processor.decide.unit_of_work import UnitOfWork
from kpr_stream.processor.state.entries import (
    NATURAL_BYTES,
    consultation_entry_key,
    natural_entry_key,
    read_entry,
    unit_entry_key,
)
from kpr_stream.processor.state.known import KnownRecord
from kpr_stream.processor.state.overlay import Overlay


class Turn(NamedTuple):
    """A record of another system that has to become live, or a marker."""

    key: bytes
    known: KnownRecord
    to: HeaderStatus
    winner_key: bytes
    """One of the records that hold the natural key now."""


@dataclass(frozen=True, slots=True)
class Rivals:
    """The systems of one unit, seen from one of them."""

    overlay: Overlay
    own: int
    """This system's number: its place in SYSTEMS, from 1."""
    began: Mapping[int, int]
    """Broker time of the first delivery of each system of the unit, by its number."""

    def supersede(self, natural_key: bytes) -> bool:
        """Whether a newer system of the unit has something under this natural key."""
        if len(self.began) == 1 or natural_key == NO_KEY:
            return False
        there = {system for _, system in self._members(natural_key)}
        return self._newest({*there, self.own}) != self.own

    def turns(self, natural_keys: Iterable[bytes]) -> Iterator[Turn]:
        """What becomes of the others' records now that something of this system has come under
        these natural keys, or has left them."""
        if len(self.began) == 1:
            return
        for natural_key in sorted({*natural_keys} - {NO_KEY}):
            members = self._members(natural_key)
            if not members:
                continue
            winner = self._newest({system for _, system in members})
            winner_key = next(key for key, system in members if system == winner)
            for key, system in members:
                entry = self.overlay.get(consultation_entry_key(key))
                to = HeaderStatus.LIVE if system == winner else HeaderStatus.SUPERSEDED
                if system != self.own and entry and read_entry(entry).status is not to:
                    yield Turn(key, read_entry(entry), to, winner_key)

    def holder(self, natural_key: bytes) -> bytes:
        """One of the records that hold a natural key; NO_KEY if nobody has anything there."""
        members = self._members(natural_key)
        winner = self._newest({system for _, system in members}) if members else 0
        return next((key for key, system in members if system == winner), NO_KEY)

    def _members(self, natural_key: bytes) -> list[tuple[bytes, int]]:
        """Consultation key and system of all that have this natural key, in order of key."""
        found = self.overlay.entries_from(natural_entry_key(natural_key))
        return [(key[NATURAL_BYTES:], value[0]) for key, value in found]

    def _newest(self, systems: Iterable[int]) -> int:
        # Two that began in the same millisecond: any order serves, if it is always the same.
        return max(systems, key=lambda system: (self.began.get(system, 0), system))


def number_of(system: System) -> int:
    """A system's number in headers and ledgers."""
    return SYSTEMS.index(system) + 1


def rivals_of(uow: UnitOfWork, org_nr: str, own: System, *, at: int) -> Rivals:
    """The systems of a unit, seen from ``own``, which has begun at ``at`` if not before (ms)."""
    uow.overlay.prefetch(unit_entry_key(unit_key(org_nr, system)) for system in SYSTEMS)
    began: dict[int, int] = {}
    for system in SYSTEMS:
        first = uow.state(org_nr, system).first_delivery_at
        if system is own and first is None:
            first = at
        if first is not None:
            began[number_of(system)] = first
    return Rivals(uow.overlay, number_of(own), began)
