"""The table of what to send next: complete, and what our connector does."""

from __future__ import annotations

from itertools import product

import pytest

from kpr_stream.connectors.outbox.protocol import (
    Block,
    DeliveryView,
    Finish,
    GoBack,
    Ignore,
    ReceiptView,
    ResumeAt,
    Step,
    Stop,
    UnitStatus,
    UnitView,
    decide,
)
from kpr_stream.model.sender_states import SenderState, SenderStep, row_for, sender_rows
from kpr_stream.model.words import ReceiptStatus

UNIT_STATUS = {
    SenderState.NEW: UnitStatus.NEW,
    SenderState.OPEN: UnitStatus.OPEN,
    SenderState.HELD: UnitStatus.BLOCKED,
    SenderState.STOPPED: UnitStatus.STOPPED,
}
SENT = DeliveryView(sequence=6, attempt=2, answered=False)


def shown(step: Step, state: SenderState) -> tuple[SenderStep, SenderState]:
    """A step of the connector in the words of the table."""
    match step:
        case Ignore():
            return SenderStep.NOTHING, state
        case Finish():
            return SenderStep.FINISH, state
        case GoBack():
            return SenderStep.GO_BACK, state
        case Block():
            return SenderStep.NOTHING, SenderState.HELD
        case Stop():
            return SenderStep.NOTHING, SenderState.STOPPED
        case ResumeAt():
            return SenderStep.RESUME, SenderState.OPEN


@pytest.mark.parametrize(("state", "status"), list(product(SenderState, ReceiptStatus)))
def test_the_connector_does_what_the_table_says(state: SenderState, status: ReceiptStatus) -> None:
    known = state is not SenderState.NEW
    asks = status is ReceiptStatus.HELLO or (not known and status is ReceiptStatus.REFUSED)
    answer = ReceiptView("hello" if asks else "sent", 6, 2, status, "WHY", 5)
    unit = UnitView(
        UNIT_STATUS[state],
        next_sequence=9 if known else None,
        oldest=4 if known else None,
        hello_id="hello",
    )
    row = row_for(state, status)
    assert shown(decide(answer, unit, SENT if known and not asks else None), state) == (
        row.step,
        row.after or state,
    )


def test_each_state_and_status_has_one_row_and_each_wait_an_end() -> None:
    for state, status in product(SenderState, ReceiptStatus):
        rows = [r for r in sender_rows() if state in r.states and status in r.receipts]
        assert len(rows) == 1, (state, status)
    ends = [row.states for row in sender_rows() if not row.receipts]
    assert ends == [(SenderState.HELD,), (SenderState.STOPPED,)]
