"""How a release of an EPJ system fares in a lane, and when its deliveries are no longer taken.

A release that suddenly gets its items rejected is stopped before the quarantine fills: its units
keep their outbox, and what is mended goes through as if nothing had been. Each lane counts for
itself, so that a decision needs nothing but the lane's own memory. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from kpr_stream.model.unit import millis
from kpr_stream.model.words import Outcome, System

BY_SHARE, BY_CONSECUTIVE, BY_OPERATOR = "SHARE", "CONSECUTIVE", "OPERATOR"


@dataclass(frozen=True, slots=True)
class ReleaseLimits:
    """What is too much."""

    share: float = 0.5
    """Rejected items of all."""
    share_from: int = 200
    """The share says nothing of fewer items."""
    consecutive: int = 100
    """Items rejected in a row."""
    window: int = 2_000
    """Where both counts are halved: a release must not live on its good past."""


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """One (system, software version) in one lane. Times in ms since 1970."""

    system: System
    software_version: str
    items: int = 0
    rejected: int = 0
    consecutive: int = 0
    stopped_since: int | None = None
    stopped_by: str | None = None

    @property
    def stopped(self) -> bool:
        """Whether its deliveries are refused."""
        return self.stopped_since is not None

    def judged(
        self, outcomes: Iterable[Outcome], limits: ReleaseLimits, *, at: int
    ) -> ReleaseState:
        """After more of its items were judged: stopped, if that was too much."""
        items, rejected, consecutive = self.items, self.rejected, self.consecutive
        by = None
        for outcome in outcomes:
            bad = outcome is Outcome.REJECTED
            items, rejected = items + 1, rejected + bad
            consecutive = consecutive + 1 if bad else 0
            if items >= limits.share_from and rejected > limits.share * items:
                by = by or BY_SHARE
            if consecutive >= limits.consecutive:
                by = by or BY_CONSECUTIVE
            if items >= limits.window:
                items, rejected = items // 2, rejected // 2
        counted = replace(self, items=items, rejected=rejected, consecutive=consecutive)
        return counted.stop(by, at=at) if by and not self.stopped else counted

    def stop(self, by: str, *, at: int) -> ReleaseState:
        """No longer taken."""
        return replace(self, stopped_since=at, stopped_by=by)

    def resume(self) -> ReleaseState:
        """Taken again, with a clean sheet: what stopped it must not stop it again at once."""
        return ReleaseState(self.system, self.software_version)

    def to_record(self) -> dict[str, Any]:
        """As the Avro record ``Release``."""
        return {
            "system": self.system.value,
            "software_version": self.software_version,
            "items": self.items,
            "rejected": self.rejected,
            "consecutive": self.consecutive,
            "stopped_since": self.stopped_since,
            "stopped_by": self.stopped_by,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> ReleaseState:
        """From the Avro record."""
        return cls(
            System(record["system"]),
            record["software_version"],
            record["items"],
            record["rejected"],
            record["consecutive"],
            millis(record["stopped_since"]),
            record["stopped_by"],
        )


def release_key(system: System, software_version: str) -> bytes:
    """Record key on ``kpr.hst.release``."""
    return f"{system}/{software_version}".encode()
