"""What a sender does with an answer: every status, outcome and event has its row."""

from __future__ import annotations

import json
import re
from itertools import product

import pytest
from aiokafka.partitioner import murmur2

from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.model.answers import outcome_advice, status_advice
from kpr_stream.model.sender_states import (
    RESEND_AFTER_S,
    UNIT_WINDOW,
    SenderEvent,
    SenderState,
    SenderStep,
    event_rows,
    row_for,
)
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.unit import RECENT_DELIVERIES
from kpr_stream.model.words import Cause, Outcome, ReceiptStatus
from kpr_stream.settings import Settings
from tests.support.repository import ROOT, SCHEMAS

PROTOCOL = json.loads((SCHEMAS / "sender_protocol.json").read_text("utf-8"))
RECEIPTS = ROOT / "docs" / "vendor" / "receipts.md"


def test_every_status_and_outcome_has_advice_in_both_languages() -> None:
    advice = [*status_advice().values(), *outcome_advice().values()]
    assert set(status_advice()) == set(ReceiptStatus)
    assert set(outcome_advice()) == set(Outcome)
    for one in advice:
        assert all(text.endswith(".") for text in (one.en, one.no)), one
        assert one.en != one.no


def test_what_is_final_is_so_on_the_page_of_receipts() -> None:
    text = RECEIPTS.read_text("utf-8")
    shown = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", text, re.MULTILINE))
    assert {one.value: advice.final for one, advice in status_advice().items()} == {
        status: final == "yes" for status, final in shown.items()
    }


def test_advice_agrees_with_the_table_of_states() -> None:
    for status in set(ReceiptStatus) - {ReceiptStatus.HELLO}:
        row = row_for(SenderState.OPEN, status)
        again = row.step is SenderStep.GO_BACK or row.after is SenderState.HELD
        assert again == (not status_advice()[status].final), status


@pytest.mark.parametrize(("state", "event"), list(product(SenderState, SenderEvent)))
def test_each_state_and_event_has_one_row(state: SenderState, event: SenderEvent) -> None:
    (row,) = (row for row in event_rows() if state in row.states and row.event is event)
    waits = state in {SenderState.HELD, SenderState.STOPPED}
    if waits and event is not SenderEvent.OUTBOX_LOST:
        assert row.step is SenderStep.NOTHING
    assert (row.after is SenderState.NEW) == (event is SenderEvent.OUTBOX_LOST)
    assert "{" not in row.en + row.no


def test_the_connector_has_the_same_four_states_and_bounds() -> None:
    assert len(UnitStatus) == len(SenderState)
    settings = Settings()
    assert settings.unit_window == UNIT_WINDOW < RECENT_DELIVERIES
    assert settings.answer_timeout_s == RESEND_AFTER_S


def test_the_partitions_of_the_protocol_are_those_of_a_kafka_client() -> None:
    assert PROTOCOL["partitions"] == PARTITIONS
    for unit, partition in PROTOCOL["partition_examples"].items():
        assert (murmur2(unit.encode()) & 0x7FFFFFFF) % PARTITIONS == partition
    assert set(PROTOCOL["partition_examples"].values()) == set(range(PARTITIONS))


def test_the_protocol_says_for_programs_all_that_the_page_says() -> None:
    pairs = [(state, row["on"]) for row in PROTOCOL["on_receipt"] for state in row["states"]]
    assert sorted(pairs) == sorted((str(s), str(r)) for s, r in product(SenderState, ReceiptStatus))
    assert set(PROTOCOL["causes"]) == set(Cause)
    assert {row["on"] for row in PROTOCOL["on_event"]} == {*SenderEvent, "cause_gone"}
