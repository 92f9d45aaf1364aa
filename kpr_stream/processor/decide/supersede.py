"""One consultation that two systems of a unit report, as when a unit changes its EPJ system. Pure.

Two records are of one consultation if they have the same natural key: person (by a national id),
unit and start minute. Of the systems with a record under a natural key, the newest holds it: its
records are live, those of the older systems are superseded markers. The newer of two systems is
the one whose first delivery was processed later. Records of the same system are never matched:
two records of the same minute are both kept.

So the live record follows from what exists, not from the order of arrival. When the newest
system's last record under a natural key is deleted, or moves to another natural key, the next
system's records come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kpr_stream.model.header import NO_KEY, HeaderStatus
from kpr_stream.model.unit import unit_key
from kpr_stream.model.words import SYSTEMS, System, system_number
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


class StatusFlip(NamedTuple):
    """A record of another system that has to become live, or a superseded marker."""

    key: bytes
    known: KnownRecord
    to: HeaderStatus
    winner_key: bytes
    """The key of a record that holds the natural key now."""


@dataclass(frozen=True, slots=True)
class UnitSystems:
    """The systems of one unit, seen from one of them."""

    overlay: Overlay
    own: int
    """This system's number: its place in SYSTEMS, from 1."""
    began: Mapping[int, int]
    """Broker time of the first delivery of each system of the unit, by its number."""

    def supersedes(self, natural_key: bytes) -> bool:
        """Whether a newer system of the unit holds this natural key."""
        if len(self.began) == 1 or natural_key == NO_KEY:
            return False
        there = {system for _, system in self._members(natural_key)}
        return self._newest({*there, self.own}) != self.own

    def status_flips(self, natural_keys: Iterable[bytes]) -> Iterator[StatusFlip]:
        """Yield the other systems' records that have to change their status.

        ``natural_keys`` are those under which a record of this system has come or gone.
        """
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
                    yield StatusFlip(key, read_entry(entry), to, winner_key)

    def current_holder(self, natural_key: bytes) -> bytes:
        """Return the key of a record that holds a natural key; NO_KEY if there is none."""
        members = self._members(natural_key)
        winner = self._newest({system for _, system in members}) if members else 0
        return next((key for key, system in members if system == winner), NO_KEY)

    def _members(self, natural_key: bytes) -> list[tuple[bytes, int]]:
        """Return consultation key and system of all under a natural key, in order of key."""
        found = self.overlay.entries_from(natural_entry_key(natural_key))
        return [(key[NATURAL_BYTES:], value[0]) for key, value in found]

    def _newest(self, systems: Iterable[int]) -> int:
        # Two that began in the same millisecond: any order serves, if it is always the same.
        return max(systems, key=lambda system: (self.began.get(system, 0), system))


def unit_systems(uow: UnitOfWork, org_nr: str, own: System, *, at: int) -> UnitSystems:
    """Return the systems of a unit, seen from ``own``.

    If ``own`` has not delivered before, its first delivery is this one, at broker time ``at`` (ms).
    """
    uow.overlay.prefetch(unit_entry_key(unit_key(org_nr, system)) for system in SYSTEMS)
    began: dict[int, int] = {}
    for system in SYSTEMS:
        first = uow.state(org_nr, system).first_delivery_at
        if system is own and first is None:
            first = at
        if first is not None:
            began[system_number(system)] = first
    return UnitSystems(uow.overlay, system_number(own), began)
