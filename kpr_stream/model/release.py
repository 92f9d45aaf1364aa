"""The rejected items of an EPJ system's release in one lane, and when the release is stopped. Pure.

A release whose items are suddenly rejected is stopped before the quarantine fills. Its units keep
their outbox, and a corrected release sends everything as if nothing had happened. Each lane counts
for itself, and every worker follows what the other lanes have stopped.
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
    """The limits beyond which a release is stopped."""

    share: float = 0.5
    """Largest share of rejected items."""
    share_from: int = 200
    """Number of items from which the share counts."""
    consecutive: int = 100
    """Largest number of items rejected in a row."""
    window: int = 2_000
    """Number of items at which both counts are halved, so that old successes fade."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
        """Whether the release's deliveries are refused."""
        return self.stopped_since is not None

    def judged(
        self, outcomes: Iterable[Outcome], limits: ReleaseLimits, *, at: int
    ) -> ReleaseState:
        """Return the state after more items; stopped if a limit is passed."""
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
        """Return the state in which its deliveries are refused."""
        return replace(self, stopped_since=at, stopped_by=by)

    def resume(self) -> ReleaseState:
        """Return the state in which deliveries are accepted again, with all counts at zero.

        The counts that stopped the release would otherwise stop it again at once.
        """
        return ReleaseState(system=self.system, software_version=self.software_version)

    def to_record(self) -> dict[str, Any]:
        """Return the Avro record ``Release``."""
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
        """Read the Avro record ``Release``."""
        return cls(
            system=System(record["system"]),
            software_version=record["software_version"],
            items=record["items"],
            rejected=record["rejected"],
            consecutive=record["consecutive"],
            stopped_since=millis(record["stopped_since"]),
            stopped_by=record["stopped_by"],
        )


def release_key(system: System, software_version: str) -> bytes:
    """Return the record key on ``kpr.hst.release``."""
    return f"{system}/{software_version}".encode()
