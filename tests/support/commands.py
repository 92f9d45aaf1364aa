"""Make commands as records of their topic."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

from kpr_stream.model.command import CommandKind
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import COMMAND, SOURCE_TOPICS
from kpr_stream.model.words import System
from kpr_stream.schemas.wire import encode
from tests.support.deliveries import NOW_MS, ORG_NR

SYSTEM = System.VISMA_HSPRO


def command_record(
    kind: CommandKind | str,
    offset: int = 0,
    *,
    org_nr: str | None = ORG_NR,
    lane: int | None = None,
    at: int = NOW_MS,
    fields: dict[str, Any] | None = None,
    **arguments: str,
) -> SourceRecord:
    """Make one command. ``fields`` replace fields of the record, ``arguments`` its arguments."""
    record = {
        "command_id": str(UUID(bytes=sha256(f"{kind}{offset}".encode()).digest()[:16])),
        "kind": str(kind),
        "issued_by": "operator-1",
        "reason": "The vendor has mended it.",
        "org_nr": org_nr,
        "system": SYSTEM.value,
        "arguments": arguments,
    } | (fields or {})
    return SourceRecord(
        topic_index=SOURCE_TOPICS.index(COMMAND),
        partition=partition_of(org_nr or ORG_NR) if lane is None else lane,
        offset=offset,
        received_at=at,
        key=(org_nr or ORG_NR).encode(),
        value=encode("command", record),
    )
