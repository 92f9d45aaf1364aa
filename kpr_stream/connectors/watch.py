"""Report how a connector that follows a folder is doing: each minute, and what is new at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import ANOTHER_OUTBOX
from kpr_stream.connectors.outbox.refusal import RefusalText
from kpr_stream.connectors.summary import held
from kpr_stream.errors import BrokerError
from kpr_stream.model.words import Resend

EVERY_S: Final = 60.0
"""A longer silence looks like a connector that hangs."""


@dataclass(frozen=True, slots=True)
class Status:
    """How it goes. ``trouble`` is what the connector waits for, if anything."""

    files: int
    answered: int
    unanswered: int
    held: int
    trouble: BrokerError | None


@dataclass(frozen=True, slots=True)
class HeldUnit:
    """A unit for which nothing more is sent."""

    org_nr: str
    sequence: int | None
    reason: str
    refusal: RefusalText | None = None
    """The exact cause with its texts, where the receipt gives it."""

    @property
    def cause(self) -> str:
        """Return the cause as a receipt names it, with the item's position if one is at fault."""
        if self.refusal is None:
            return self.reason
        item = "" if self.refusal.item is None else f", item {self.refusal.item} of the delivery"
        same = self.refusal.cause == self.reason
        return (self.reason if same else f"{self.reason}, {self.refusal.cause}") + item

    @property
    def texts(self) -> tuple[str, ...]:
        """Return what the receiver says, in English and Bokmål; nothing where it says nothing."""
        if self.refusal is None:
            return ()
        text = self.refusal
        return (f"{text.text_en} {text.action_en}", f"{text.text_no} {text.action_no}")

    @property
    def what_to_do(self) -> str:
        """Return how the unit gets out."""
        if self.reason == ANOTHER_OUTBOX:
            return (
                "Another connector or outbox sends for this unit with this system's login, or this "
                "outbox is an older copy. End the other one. Then run the one that stays with "
                f"--make-anew {self.org_nr}."
            )
        if self.refusal is not None:
            again, rebuilt = f"--release {self.org_nr}", f"--make-anew {self.org_nr}"
            first, other = (
                (again, f"{rebuilt} if the fault was in the export")
                if self.refusal.resend is Resend.UNCHANGED
                else (rebuilt, f"{again} if the fault was at the receiver")
            )
            return (
                f"When the cause is fixed, run again with {first} (or {other}); `all` means every "
                "held unit. See docs/vendor/receipts.md."
            )
        return (
            "See docs/vendor/receipts.md. When the cause is fixed, run again: with --release "
            f"{self.org_nr} if it was at the receiver, with --make-anew {self.org_nr} if it was in "
            "the export or on this machine; `all` means every held unit."
        )


@dataclass(slots=True)
class Watch:
    """Calls ``on_status`` once a minute and when a trouble begins or ends; ``on_held`` at once."""

    on_status: Callable[[Status], None]
    on_held: Callable[[HeldUnit], None]
    clock: Callable[[], float] = time.monotonic
    _reported_at: float | None = None
    _in_trouble: bool = False
    _held: set[HeldUnit] = field(default_factory=set)

    def look(self, outbox: Outbox, *, trouble: BrokerError | None, answered: bool) -> None:
        """Look once a round. ``answered``: receipts were applied in it."""
        now = self.clock()
        due = (
            self._reported_at is None
            or now - self._reported_at >= EVERY_S
            or (trouble is not None) != self._in_trouble
        )
        if not due and not answered:
            return
        units = {
            HeldUnit(row["org_nr"], row["oldest_unanswered"], row["reason"], row["refusal"])
            for row in held(outbox.unit_rows())
        }
        for one in sorted(units - self._held, key=lambda unit: unit.org_nr):
            self.on_held(one)
        self._held = units
        if due:
            self._reported_at, self._in_trouble = now, trouble is not None
            done = outbox.totals(of_this_run=True).values()
            self.on_status(
                Status(
                    files=outbox.files_kept(),
                    answered=sum(totals.deliveries for totals in done),
                    unanswered=outbox.unanswered()[0],
                    held=len(units),
                    trouble=trouble,
                )
            )
