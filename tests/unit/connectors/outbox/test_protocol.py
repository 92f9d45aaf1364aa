from __future__ import annotations

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
from kpr_stream.model.words import ReceiptStatus as Status

OPEN = UnitView(UnitStatus.OPEN, next_sequence=9, oldest=4, hello_id="h")
IDLE = UnitView(UnitStatus.OPEN, next_sequence=9, oldest=None, hello_id="h")
NEW = UnitView(UnitStatus.NEW, next_sequence=None, oldest=None, hello_id="h")
HELD = UnitView(UnitStatus.BLOCKED, next_sequence=9, oldest=4, hello_id="h")
SENT = DeliveryView(6, attempt=2, answered=False)
DONE = DeliveryView(6, attempt=2, answered=True)


def answer(
    status: Status,
    *,
    attempt: int = 2,
    expected: int = 7,
    delivery: str = "d",
    sequence: int = 6,
) -> ReceiptView:
    return ReceiptView(delivery, sequence, attempt, status, "WHY", expected)


CASES: list[tuple[str, ReceiptView, UnitView, DeliveryView | None, Step]] = [
    ("processed", answer(Status.PROCESSED), OPEN, SENT, Finish()),
    ("repeated", answer(Status.REPEATED), OPEN, SENT, Finish()),
    ("an old attempt was taken", answer(Status.PROCESSED, attempt=1), OPEN, SENT, Finish()),
    ("taken while held", answer(Status.PROCESSED), HELD, SENT, Finish()),
    ("answered twice", answer(Status.REPEATED), OPEN, DONE, Ignore()),
    ("another outbox's", answer(Status.PROCESSED), OPEN, None, Stop("ANOTHER_OUTBOX")),
    (
        "another outbox's next",
        answer(Status.PROCESSED, sequence=9),
        IDLE,
        None,
        Stop("ANOTHER_OUTBOX"),
    ),
    ("an earlier outbox's, long ago", answer(Status.PROCESSED, sequence=3), OPEN, None, Ignore()),
    ("an earlier outbox's, answered", answer(Status.PROCESSED, sequence=8), IDLE, None, Ignore()),
    ("an earlier outbox's, before our hello", answer(Status.PROCESSED), NEW, None, Ignore()),
    ("another outbox's, held", answer(Status.PROCESSED), HELD, None, Ignore()),
    ("another outbox's, refused", answer(Status.REFUSED), OPEN, None, Ignore()),
    ("another outbox asks", answer(Status.HELLO, delivery="x"), OPEN, None, Stop("ANOTHER_OUTBOX")),
    ("gap", answer(Status.OUT_OF_ORDER, expected=4), OPEN, SENT, GoBack(4)),
    ("gap, resent since", answer(Status.OUT_OF_ORDER, attempt=1), OPEN, SENT, Ignore()),
    ("gap of a held unit", answer(Status.OUT_OF_ORDER, expected=4), HELD, SENT, Ignore()),
    (
        "gap before ours",
        answer(Status.OUT_OF_ORDER, expected=3),
        OPEN,
        SENT,
        Stop("RECEIVER_IS_BEHIND"),
    ),
    (
        "gap after ours",
        answer(Status.OUT_OF_ORDER, expected=8),
        OPEN,
        SENT,
        Stop("RECEIVER_IS_AHEAD"),
    ),
    ("refused", answer(Status.REFUSED), OPEN, SENT, Block("WHY")),
    ("refused, resent since", answer(Status.REFUSED, attempt=1), OPEN, SENT, Ignore()),
    ("reused", answer(Status.SEQUENCE_REUSED), OPEN, SENT, Stop("SEQUENCE_REUSED")),
    ("too old", answer(Status.TOO_OLD), OPEN, SENT, Stop("TOO_OLD")),
    ("hello", answer(Status.HELLO, delivery="h", expected=42), NEW, None, ResumeAt(42)),
    ("another's hello", answer(Status.HELLO, delivery="x"), NEW, None, Ignore()),
    ("hello again", answer(Status.HELLO, delivery="h"), OPEN, None, Ignore()),
    ("hello refused", answer(Status.REFUSED, delivery="h"), NEW, None, Block("WHY")),
]


@pytest.mark.parametrize(
    ("receipt", "unit", "sent", "step"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_a_receipt_means(
    receipt: ReceiptView, unit: UnitView, sent: DeliveryView | None, step: Step
) -> None:
    assert decide(receipt, unit, sent) == step


@pytest.mark.parametrize("status", Status)
def test_every_status_leads_somewhere(status: Status) -> None:
    assert decide(answer(status), OPEN, SENT) is not None
