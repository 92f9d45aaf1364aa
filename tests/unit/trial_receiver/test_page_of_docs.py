"""The vendors' pages of the sandbox name every fault, in both languages."""

from __future__ import annotations

import pytest

from kpr_stream.trial_receiver.faults import FaultKind
from kpr_stream.trial_receiver.script import read_script
from tests.support.repository import ROOT

PAGES = {
    name: (ROOT / "docs" / "vendor" / name).read_text("utf-8")
    for name in ("sandbox.md", "sandkasse.md")
}
EACH = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@EACH
@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_is_on_the_page(kind: FaultKind, page: str) -> None:
    assert f"`{kind}`" in page


@EACH
def test_the_script_on_the_page_can_be_read(page: str) -> None:
    (script,) = (block.split("```")[0] for block in page.split("```toml\n")[1:])
    (step,) = read_script(script).steps
    assert step.fault.kind is FaultKind.LOSE_RECEIPTS
