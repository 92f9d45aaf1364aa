"""Decide when the probe sends a hello, and what an answer means. Pure.

At most one hello is unanswered. A hello whose sending was not confirmed, or that has had no answer
for an hour, is sent again with the same id: an answer to any of its attempts counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from kpr_stream.model.words import ReceiptStatus

EVERY_S: Final = 60.0
"""Between two hellos: an alert after three minutes has seen three of them."""
AGAIN_S: Final = 3600.0
"""A hello without an answer for this long is sent again: its topic may have been made again."""
LATE_S: Final = 10.0
"""An answer that takes longer is reported. Live answers take some 20 ms, a new owner of a lane
some ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentHello:
    """The hello that has no answer yet. Times in seconds of one clock."""

    hello_id: str
    attempt: int
    began: float
    """When its first attempt was sent: the latency counts from here."""
    last: float
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a receipt says of the hello. ``refused`` is the reason, None if it was answered."""

    latency_s: float
    refused: str | None
    expected_sequence: int


class Pace:
    """The probe's hellos in time. ``new_id`` makes ids."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._next = 0.0
        self.waiting: SentHello | None = None

    def due(self, now: float) -> SentHello | None:
        """Return the hello to send now, or None."""
        waiting = self.waiting
        if waiting is None:
            if now < self._next:
                return None
            self._next = now + EVERY_S
            self.waiting = SentHello(hello_id=self._new_id(), attempt=1, began=now, last=now)
        elif not waiting.confirmed or now - waiting.last >= AGAIN_S:
            self.waiting = replace(waiting, attempt=waiting.attempt + 1, last=now, confirmed=False)
        else:
            return None
        return self.waiting

    def confirmed(self) -> None:
        """Note that the broker has the hello."""
        if self.waiting is not None:
            self.waiting = replace(self.waiting, confirmed=True)

    def hurry(self) -> None:
        """Let the next hello be due as soon as the last one is answered: after an outage."""
        self._next = 0.0

    def lost(self) -> None:
        """Note that the hello's answer can no longer be found: it is due again."""
        if self.waiting is not None:
            self.waiting = replace(self.waiting, confirmed=False)

    def answered(self, receipt: Mapping[str, Any], now: float) -> Answer | None:
        """Return what a receipt says of the hello; None if it is about something else."""
        waiting = self.waiting
        if waiting is None or receipt["delivery_id"] != waiting.hello_id:
            return None
        self.waiting = None
        refused = receipt["status"] != ReceiptStatus.HELLO
        return Answer(
            latency_s=now - waiting.began,
            refused=str(receipt["reason"] or receipt["status"]) if refused else None,
            expected_sequence=receipt["expected_sequence"],
        )

    def late_s(self, now: float) -> float | None:
        """Return how long the hello has waited, if that is too long."""
        if self.waiting is None or now - self.waiting.began <= LATE_S:
            return None
        return now - self.waiting.began
