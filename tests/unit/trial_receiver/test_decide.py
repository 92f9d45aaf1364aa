"""A trial receiver answers as a worker does, and plays the faults of a decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.words import System
from kpr_stream.processor.frame.prepare import FrameContext
from kpr_stream.processor.intake.arrive import read_envelope
from kpr_stream.reference import load_reference
from kpr_stream.trial_receiver.decide import TrialLanes, decoded
from kpr_stream.trial_receiver.faults import FaultKind, PlayedFault
from tests.support.deliveries import (
    ORG_NR,
    OTHER_ORG_NR,
    consultation,
    private_keys,
    source_record,
)

SYSTEM = System.VISMA_HSPRO
CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())


@pytest.fixture
def lanes() -> TrialLanes:
    return TrialLanes(CONTEXT, dict(private_keys()))


def sent(sequence: int = 1, *, items: int = 1, org_nr: str = ORG_NR, **item: Any) -> SourceRecord:
    content = [consultation(10 * sequence + n, **item) for n in range(items)]
    return source_record(content, org_nr=org_nr, sequence=sequence)


def answer(lanes: TrialLanes, record: SourceRecord) -> list[dict[str, Any]]:
    return [decoded(part) for part in lanes.answer(record)]


def status(lanes: TrialLanes, record: SourceRecord) -> tuple[str, str | None]:
    (receipt,) = answer(lanes, record)
    return receipt["status"], receipt["reason"]


def test_a_sequence_is_taken_once(lanes: TrialLanes) -> None:
    first = sent(1)
    assert status(lanes, first) == ("processed", None)
    assert status(lanes, first) == ("repeated", None)
    assert status(lanes, sent(3)) == ("out_of_order", None)


def test_the_receiver_fails_as_often_as_ordered(lanes: TrialLanes) -> None:
    lanes.faults.add(PlayedFault(kind=FaultKind.RECEIVER_FAILED, count=2, org_nr=ORG_NR))
    first = sent(1)
    assert status(lanes, sent(1, org_nr=OTHER_ORG_NR)) == ("processed", None)
    assert status(lanes, first) == ("refused", "RECEIVER_FAILED")
    assert status(lanes, sent(2)) == ("out_of_order", None), "only an opened one is refused"
    assert status(lanes, first) == ("refused", "RECEIVER_FAILED")
    assert status(lanes, first) == ("processed", None)


def test_a_release_is_stopped_and_resumed(lanes: TrialLanes) -> None:
    lanes.faults.add(PlayedFault(kind=FaultKind.STOP_RELEASE))
    assert status(lanes, sent(1)) == ("refused", "RELEASE_STOPPED")
    lanes.faults.add(PlayedFault(kind=FaultKind.RESUME_RELEASE))
    assert status(lanes, sent(1)) == ("processed", None)


def test_an_old_key_opens_nothing(lanes: TrialLanes) -> None:
    lanes.private_keys.clear()
    assert status(lanes, sent(1)) == ("refused", "UNKNOWN_KEY")


@pytest.mark.parametrize("version", [1, 2])
def test_a_receipt_is_divided(lanes: TrialLanes, version: int) -> None:
    lanes.faults.add(PlayedFault(kind=FaultKind.SPLIT_RECEIPTS, count=2))
    lanes.faults.add(PlayedFault(kind=FaultKind.RECEIPT_VERSION, count=version))
    parts = answer(lanes, sent(1, items=5, start=None))
    assert [(p["part"], p["parts"], len(p["items"])) for p in parts] == [
        (1, 3, 2),
        (2, 3, 2),
        (3, 3, 1),
    ]
    assert [bool(p["texts"]) for p in parts] == [True, False, False]
    assert all(p["counts"]["rejected"] == 5 for p in parts)
    assert len(answer(lanes, sent(2))) == 1, "a receipt without items has one part"


def test_a_receipt_of_version_2_names_the_cause(lanes: TrialLanes) -> None:
    lanes.faults.add(PlayedFault(kind=FaultKind.RECEIPT_VERSION, count=2))
    lanes.private_keys.clear()
    (receipt,) = answer(lanes, sent(1))
    assert receipt["cause"] == "UNKNOWN_KEY"


def test_what_was_sent_is_opened_for_the_judge(lanes: TrialLanes) -> None:
    envelope, _ = read_envelope(sent(1))
    clear = lanes.clear_of(envelope)
    assert clear is not None
    assert clear.startswith(b"Obj\x01")
    lanes.private_keys.clear()
    assert lanes.clear_of(envelope) is None


def test_there_are_eight_lanes(lanes: TrialLanes) -> None:
    wrong = replace(sent(1), partition=8)
    with pytest.raises(ValueError, match="no lane 8"):
        lanes.answer(wrong)
