"""One thing that an export says: this happened, this is gone, or this is not gone after all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kpr_stream.model.words import MessageType, Operation

UNREADABLE_MEASURE = "ca. 8"
"""What somebody typed where a number belongs."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An upsert with its content, or a line of the deletion list without."""

    message_type: MessageType
    operation: Operation
    local_id: str | None
    content: Mapping[str, Any] | None = None
