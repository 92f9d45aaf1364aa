"""The vendors' page of the sandbox names every fault."""

from __future__ import annotations

import pytest

from kpr_stream.trial_receiver.faults import FaultKind
from kpr_stream.trial_receiver.script import read_script
from tests.support.repository import ROOT

PAGE = (ROOT / "docs" / "vendor" / "sandbox.md").read_text("utf-8")


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_is_on_the_page(kind: FaultKind) -> None:
    assert f"`{kind}`" in PAGE


def test_the_script_on_the_page_can_be_read() -> None:
    (script,) = (block.split("```")[0] for block in PAGE.split("```toml\n")[1:])
    (step,) = read_script(script).steps
    assert step.fault.kind is FaultKind.LOSE_RECEIPTS
