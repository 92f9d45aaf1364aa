"""A record a lane is about to write, before it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from kpr_stream.model.header import LedgerHeader


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One output record; its partition is the lane. ``timestamp`` is the source's broker time."""

    topic: str
    key: bytes
    value: bytes | None
    header: LedgerHeader
    timestamp: int
