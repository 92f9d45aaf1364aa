"""Addresses and logins of the embedded stack, and what is reported when they are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpr_stream.errors import StackError
from kpr_stream.home import STACK_FILE, stack_address
from kpr_stream.settings import Settings


@pytest.mark.parametrize("content", [None, "{", "[]", '{"addresses": {}}', '{"addresses": null}'])
def test_without_a_stack_the_message_says_how_to_get_one(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / STACK_FILE).write_text(content)
    with pytest.raises(StackError, match=r"no address of kafka is set.*kpr-stream up"):
        stack_address(Settings(home=tmp_path), "kafka")
