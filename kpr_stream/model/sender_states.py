"""What a sender does for each receipt, by the state of the unit: the table of the vendors' pages.

The table is ``sender_states.toml`` beside this file. Pure.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from kpr_stream.model.words import ReceiptStatus


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


@cache
def sender_rows() -> tuple[SenderRow, ...]:
    """Return the table, in the order of the pages."""
    text = files(__package__).joinpath("sender_states.toml").read_text("utf-8")
    return tuple(
        SenderRow(
            **row
            | {
                "states": tuple(map(SenderState, row["states"])),
                "receipts": tuple(map(ReceiptStatus, row.get("receipts", ()))),
                "after": None if row["after"] == "same" else SenderState(row["after"]),
                "step": SenderStep(row["step"]),
            }
        )
        for row in tomllib.loads(text)["rows"]
    )


def row_for(state: SenderState, receipt: ReceiptStatus) -> SenderRow:
    """Return the row of a state and a receipt's status."""
    return next(row for row in sender_rows() if state in row.states and receipt in row.receipts)


def row_after_wait(state: SenderState) -> SenderRow:
    """Return the row that ends a state in which nothing is sent: held or stopped.

    StopIteration for another state.
    """
    return next(row for row in sender_rows() if state in row.states and not row.receipts)
