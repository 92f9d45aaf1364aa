"""A script of faults: what is read, what is refused, and when each fault is due."""

from __future__ import annotations

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.trial_receiver.faults import FaultKind, PlayedFault
from kpr_stream.trial_receiver.script import read_script

ORG_NR = "310000000"


def script(*steps: str) -> str:
    return "\n".join(f"[[step]]\n{step}" for step in steps)


def test_a_fault_is_due_after_its_number_of_records() -> None:
    read = read_script(
        script(
            'fault = "hold_receipts"',
            'after = 2\nfault = "lose_receipts"\ncount = 3',
            f'after = 1\nfault = "broker_away"\nseconds = 2.5\norg_nr = "{ORG_NR}"',
        )
    )
    assert read.due() == [PlayedFault(kind=FaultKind.HOLD_RECEIPTS)]
    assert read.after_record() == []
    assert read.after_record() == [PlayedFault(kind=FaultKind.LOSE_RECEIPTS, count=3)]
    last = PlayedFault(kind=FaultKind.BROKER_AWAY, seconds=2.5, org_nr=ORG_NR)
    assert read.after_record() == [last]
    assert read.steps == []


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_can_be_written(kind: FaultKind) -> None:
    (step,) = read_script(script(f'fault = "{kind}"\norg_nr = "{ORG_NR}"')).steps
    assert step.fault.kind is kind


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("step = 1", "must hold 1 to"),
        ("", "must hold 1 to"),
        ("[[step]", "it is no TOML"),
        (script('fault = "fire"'), "the fault of step 1 is not one of"),
        (script('fault = "rotate_key"\nwhen = 1'), "step 1 has the unknown member when"),
        (script('fault = "rotate_key"', "after = -1"), "after of step 2"),
        (script('fault = "lose_receipts"\ncount = true'), "the count of step 1"),
        (script('fault = "receipt_version"\ncount = 3'), "1 or 2"),
        (script('fault = "broker_away"\nseconds = 61'), "the seconds of step 1"),
        (script('fault = "lose_receipts"\norg_nr = "310000001"'), "the org_nr of step 1"),
        (script('fault = "another_sender"'), "needs the org_nr"),
        ("step = [1]", "step 1 is not a table"),
    ],
)
def test_what_is_wrong_is_named(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_script(text)
