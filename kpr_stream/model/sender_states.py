"""What a sender does for each receipt, by the state of the unit: the table of the vendors' pages.

The table is ``sender_states.toml`` beside this file. Pure.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from kpr_stream.model.words import ReceiptStatus

UNIT_WINDOW: Final = 16
"""Unanswered deliveries of one unit. The receiver remembers 64: it would not know the repeat of an
older one."""
RESEND_AFTER_S: Final = 120
"""Seconds without a receipt before a sender sends again. A worker that takes over a lane needs some
seconds, so a shorter wait sends everything twice when a worker restarts."""
RESEND_AT_MOST_S: Final = 3_600
"""The wait doubles with each attempt up to this: a receiver that was down is not flooded."""


class SenderState(StrEnum):
    """The state that a sender keeps of each unit."""

    NEW = "new"
    """The next sequence is unknown: a hello asks for it."""
    OPEN = "open"
    HELD = "held"
    """A delivery or the hello was refused."""
    STOPPED = "stopped"
    """Sender and receiver disagree on a sequence."""


class SenderStep(StrEnum):
    """What a sender does. The table's texts say which delivery follows."""

    NOTHING = "nothing"
    RESUME = "resume"
    """Send from ``expected_sequence`` on."""
    FINISH = "finish"
    """The delivery is done."""
    GO_BACK = "go_back"
    """Send again from ``expected_sequence`` on."""
    SEND_AGAIN = "send_again"
    """Send the refused delivery or hello again, then those behind it."""
    ASK = "ask"
    """Send a hello."""
    SEND = "send"
    """Send a delivery for the first time."""


class SenderEvent(StrEnum):
    """What happens to a sender besides receipts."""

    DELIVERY_READY = "delivery_ready"
    """A new delivery lies in the outbox."""
    NO_RECEIPT = "no_receipt"
    """The oldest unanswered delivery or hello has waited for ``RESEND_AFTER_S``."""
    RESTARTED = "restarted"
    """The process starts again, with its outbox."""
    OUTBOX_LOST = "outbox_lost"
    """The outbox is gone, or restored from an older copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRow:
    """One row. A row has receipts, or an event that is no receipt."""

    states: tuple[SenderState, ...]
    receipts: tuple[ReceiptStatus, ...] = ()
    event_en: str = ""
    event_no: str = ""
    after: SenderState | None
    """The state afterwards; None: it does not change."""
    step: SenderStep
    en: str
    no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """What a sender does when something else than a receipt happens."""

    states: tuple[SenderState, ...]
    event: SenderEvent
    after: SenderState | None
    """The state afterwards; None: it does not change."""
    step: SenderStep
    en: str
    no: str


@cache
def sender_rows() -> tuple[SenderRow, ...]:
    """Return the table, in the order of the pages."""
    return tuple(
        SenderRow(
            **row | _shared(row) | {"receipts": tuple(map(ReceiptStatus, row.get("receipts", ())))}
        )
        for row in _table()["rows"]
    )


@cache
def event_rows() -> tuple[EventRow, ...]:
    """Return what a sender does for everything else that happens, in the order of the pages."""
    window = {"window": UNIT_WINDOW}
    return tuple(
        EventRow(
            **row
            | _shared(row)
            | {"event": SenderEvent(row["event"])}
            | {language: row[language].format(**window) for language in ("en", "no")}
        )
        for row in _table()["events"]
    )


def row_for(state: SenderState, receipt: ReceiptStatus) -> SenderRow:
    """Return the row of a state and a receipt's status."""
    return next(row for row in sender_rows() if state in row.states and receipt in row.receipts)


def row_after_wait(state: SenderState) -> SenderRow:
    """Return the row that ends a state in which nothing is sent: held or stopped.

    StopIteration for another state.
    """
    return next(row for row in sender_rows() if state in row.states and not row.receipts)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("sender_states.toml").read_text("utf-8"))


def _shared(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that rows of both kinds have, as values."""
    return {
        "states": tuple(map(SenderState, row["states"])),
        "after": None if row["after"] == "same" else SenderState(row["after"]),
        "step": SenderStep(row["step"]),
    }
