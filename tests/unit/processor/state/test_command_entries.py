"""Only the topics of commands have entries here."""

from __future__ import annotations

import pytest

from kpr_stream.model import topics
from kpr_stream.model.header import HeaderStatus, LedgerHeader
from kpr_stream.processor.state.command_entries import (
    COMMAND_TOPICS,
    command_entries,
    open_entry_key,
)

KEY = bytes(range(16))
HEADER = LedgerHeader(source_topic=0, source_offset=0, status=HeaderStatus.LIVE)


@pytest.mark.parametrize("topic", sorted(set(topics.OUTPUT_TOPICS) - set(COMMAND_TOPICS)))
def test_another_topic_is_never_read_as_a_quarantine_state(topic: str) -> None:
    with pytest.raises(ValueError, match="add a branch"):
        command_entries(topic, KEY.hex().encode(), b"value", HEADER)


def test_an_open_quarantine_state_is_kept_by_value() -> None:
    entries = command_entries(topics.QUARANTINE_STATE, KEY.hex().encode(), b"value", HEADER)
    assert entries == {open_entry_key(KEY): b"value"}
