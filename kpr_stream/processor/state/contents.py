"""Contents that a batch has to write anew although they are not in hand.

A marker puts an older system's record aside, and a record comes back, with content that lies on
our own topics; ledgers hold no content. So settling tells which are missing, the shell reads
them back, and the batch is settled once more. What is decided never depends on a content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.state.entries import NOT_YET

BLANK = b"?"
"""Stands for a value that could not be made yet, since what it is made from is missing."""


class Place(NamedTuple):
    """Where a record lies: topic and offset within the lane, and its key, to be sure of it."""

    topic: str
    offset: int
    key: bytes


class Contents:
    """What was read back, what this batch itself writes, and what is missing still."""

    def __init__(self, read_back: Mapping[Place, bytes] | None = None) -> None:
        self._read_back = read_back or {}
        self._written: dict[tuple[str, bytes], bytes | None] = {}
        self.missing: set[Place] = set()

    def of(self, place: Place) -> bytes | None:
        """The value of the newest record of a key; None if it has to be read back first."""
        if place.offset == NOT_YET:
            value = self._written.get((place.topic, place.key))
            return None if value == BLANK else value
        found = self._read_back.get(place)
        if found is None:
            self.missing.add(place)
        return found

    def note(self, record: OutputRecord) -> None:
        """Keep a record's value for the rest of the batch."""
        self._written[record.topic, record.key] = record.value
