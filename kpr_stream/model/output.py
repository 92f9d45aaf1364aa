"""A record that a lane is about to write."""

from __future__ import annotations

from dataclasses import dataclass

from kpr_stream.model.header import LedgerHeader


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One output record. Its partition is the lane, ``timestamp`` its source's broker time (ms).

    ``headers`` are those beside the ledger header.
    """

    topic: str
    key: bytes
    value: bytes | None
    header: LedgerHeader
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()
