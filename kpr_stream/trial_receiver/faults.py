"""The faults that a trial receiver plays, and which of them are pending. Pure.

Each is something that a sender meets in use: a receipt that never comes or comes twice, a receiver
that fails, a key that is replaced, a release that is stopped, a broker that is away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

MOST_AWAY_S: Final = 60.0
"""Longest time for which the broker is frozen. A slip in a script would stop a trial for hours."""
MOST_COUNT: Final = 10_000
"""Most times that one fault is played."""


class FaultKind(StrEnum):
    """A fault, by its word in a script."""

    LOSE_RECEIPTS = "lose_receipts"
    """The next ``count`` answers are never written."""
    DOUBLE_RECEIPTS = "double_receipts"
    """The next ``count`` answers are written twice."""
    LOSE_LAST_PART = "lose_last_part"
    """The last part of the next ``count`` answers with several parts is never written."""
    LOSE_DELIVERIES = "lose_deliveries"
    """The next ``count`` records are not seen: the receiver expects their sequence still."""
    RECEIVER_FAILED = "receiver_failed"
    """The next ``count`` deliveries that are opened are refused RECEIVER_FAILED."""
    STOP_RELEASE = "stop_release"
    """Every release is refused RELEASE_STOPPED, until ``resume_release``."""
    RESUME_RELEASE = "resume_release"
    ROTATE_KEY = "rotate_key"
    """The file of public keys gets a new key, and the old key opens nothing any more."""
    SPLIT_RECEIPTS = "split_receipts"
    """A receipt has at most ``count`` items in a part; 0: as the receiver divides it."""
    HOLD_RECEIPTS = "hold_receipts"
    """Answers are kept back, until ``send_held_receipts``."""
    SEND_HELD_RECEIPTS = "send_held_receipts"
    RECEIPT_VERSION = "receipt_version"
    """Receipts are written in version ``count``: 1 or 2."""
    ANOTHER_SENDER = "another_sender"
    """The next sequence of ``org_nr`` is taken by a delivery that is not the sender's."""
    BROKER_AWAY = "broker_away"
    """The broker answers nothing for ``seconds``."""


COUNTED: Final = frozenset(
    {
        FaultKind.LOSE_RECEIPTS,
        FaultKind.DOUBLE_RECEIPTS,
        FaultKind.LOSE_LAST_PART,
        FaultKind.LOSE_DELIVERIES,
        FaultKind.RECEIVER_FAILED,
    }
)
"""Faults that are played ``count`` times, at the next occasions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedFault:
    """One fault to play. ``org_nr``: for this unit alone; None: for all."""

    kind: FaultKind
    count: int = 1
    seconds: float = 5.0
    org_nr: str | None = None


@dataclass(slots=True)
class PendingFaults:
    """What is played at the next records."""

    counted: list[PlayedFault] = field(default_factory=list)
    stopped: bool = False
    holding: bool = False
    part_items: int = 0
    receipt_version: int = 1

    def add(self, fault: PlayedFault) -> None:
        """Note a fault. What the broker, the keys or the ledgers do is the caller's."""
        match fault.kind:
            case kind if kind in COUNTED:
                self.counted.append(fault)
            case FaultKind.STOP_RELEASE:
                self.stopped = True
            case FaultKind.RESUME_RELEASE:
                self.stopped = False
            case FaultKind.HOLD_RECEIPTS:
                self.holding = True
            case FaultKind.SEND_HELD_RECEIPTS:
                self.holding = False
            case FaultKind.SPLIT_RECEIPTS:
                self.part_items = fault.count
            case FaultKind.RECEIPT_VERSION:
                self.receipt_version = fault.count
            case _:
                pass

    def due(self, kind: FaultKind, org_nr: str) -> bool:
        """Return whether a counted fault is played at the next occasion of this unit."""
        return any(self._is(fault, kind, org_nr) for fault in self.counted)

    def take(self, kind: FaultKind, org_nr: str) -> bool:
        """Return whether a counted fault is played now, and count it down."""
        for place, fault in enumerate(self.counted):
            if self._is(fault, kind, org_nr):
                left = replace(fault, count=fault.count - 1)
                self.counted[place : place + 1] = [left] if left.count else []
                return True
        return False

    @staticmethod
    def _is(fault: PlayedFault, kind: FaultKind, org_nr: str) -> bool:
        return fault.kind is kind and fault.org_nr in (None, org_nr)
