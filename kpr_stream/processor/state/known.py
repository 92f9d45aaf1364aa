"""What a decision reads from the ledger, as values."""

from __future__ import annotations

from typing import NamedTuple

from kpr_stream.model.header import NO_KEY, HeaderStatus

UNCOMMITTED = -1
"""Offset of a record whose batch has not committed yet: the topic does not hold it."""


class ContentVersion(NamedTuple):
    """When the EPJ system extracted the content (ms), and the delivery's sequence. Ordered."""

    extracted_at: int
    sequence: int


class KnownRecord(NamedTuple):
    """The newest record of a consultation or appointment."""

    status: HeaderStatus
    version: ContentVersion
    content_hash: bytes
    system: int = 0
    """The system that reported it: its place in SYSTEMS, from 1."""
    revision: int = 0
    natural_key: bytes = NO_KEY
    person_key: bytes = NO_KEY
    source: tuple[int, int] = (0, 0)
    """Topic index and offset of the delivery or command that caused the record."""
    offset: int = UNCOMMITTED
    """The record's own offset on its output topic."""


class KnownId(NamedTuple):
    """A national id that a unit's system has reported for one of its own persons."""

    version: ContentVersion
    born: bytes
    """Keyed hash of the birth date, comparable among the ids of that person; NO_KEY if unknown."""
