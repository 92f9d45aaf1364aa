"""Records that are about to be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kpr_stream.model.header import LedgerHeader


class OutputRecord(NamedTuple):
    """One output record. Its partition is the lane, ``timestamp`` its source's broker time (ms).

    ``headers`` are those beside the ledger header. A tuple, because a batch makes thousands.
    """

    topic: str
    key: bytes
    value: bytes | None
    header: LedgerHeader
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class KeyedRecord:
    """A record without headers. ``timestamp`` in ms since 1970; no ``value``: a tombstone."""

    topic: str
    key: bytes
    value: bytes | None
    timestamp: int
