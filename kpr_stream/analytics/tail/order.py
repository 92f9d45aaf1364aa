"""Say what an analyst asks to see of the topic. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from kpr_stream.analytics.purpose import Purpose
from kpr_stream.analytics.tail.start import Start
from kpr_stream.errors import UsageError
from kpr_stream.model.topics import ANALYST_CONSULTATION
from kpr_stream.model.utc_time import utc_time
from kpr_stream.model.words import System

if TYPE_CHECKING:
    from kpr_stream.analytics.tail.shown import TopicChange

_CODE: Final = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TailOrder:
    """What an analyst asks for. UsageError if the municipality is no code of four digits."""

    purpose: Purpose
    start: Start | int = Start.LATEST
    """A start, or a time in ms since 1970: of the writing of the record, not of the visit."""
    municipality: str | None = None
    """As it was in the record, four digits."""
    system: System | None = None
    limit: int | None = None
    """Changes after which the tail ends."""
    until_caught_up: bool = False
    """End where the topic ended when the tail began."""

    def __post_init__(self) -> None:
        if self.municipality is not None and not _CODE.fullmatch(self.municipality):
            raise UsageError(
                "A municipality is named by its code, four digits.",
                what_to_do="Write it with its leading zero, for example --municipality 0301.",
            )

    @property
    def since_ms(self) -> int | None:
        """Return the time of the first record, in ms since 1970; None where no time is asked."""
        return None if isinstance(self.start, Start) else self.start

    def matches(self, change: TopicChange) -> bool:
        """Return whether to show a change.

        A removal names neither municipality nor system, so it matches always: a reader who keeps
        rows must drop the row of its key.
        """
        row = change.row
        return row is None or (
            self.municipality in (None, row["municipality_code"])
            and self.system in (None, row["system"])
        )

    def describe(self) -> str:
        """Return what the entry of the disclosure says about relation and filters."""
        start = self.start if isinstance(self.start, Start) else utc_time(_moment(self.start))
        parts = [
            ANALYST_CONSULTATION,
            f"municipality {self.municipality}" if self.municipality else None,
            f"system {self.system}" if self.system else None,
            f"from {start}",
            f"limit {self.limit}" if self.limit else None,
        ]
        return "; ".join(part for part in parts if part)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
