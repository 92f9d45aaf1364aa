"""Hold one line of an export: an upsert, or a line of the deletion list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kpr_stream.model.words import MessageType, Operation

UNREADABLE_MEASURE = "ca. 8"
"""A text typed where a number belongs."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An upsert with its content, or a line of the deletion list without content."""

    message_type: MessageType
    operation: Operation
    local_id: str | None
    content: Mapping[str, Any] | None = None
