"""Which records of a lane have seen processes die, and how a batch is cut because of that."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, takewhile
from typing import Final, Protocol

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.poison.attempts import (
    CRASHES_BEFORE_SANDBOX,
    NO_SPANS,
    AttemptNote,
    Spans,
    attempt_note,
)

MOST_AT_ONCE: Final = 64
"""A batch of suspects grows to this size while the sandbox survives. Sound records become suspects
too, a thousand at a time, on a machine where workers are killed again and again: one transaction
for each of them took ten minutes."""


class AttemptNotes(Protocol):
    """Where a lane's attempt note is kept."""

    def read(self) -> AttemptNote: ...
    def write(self, note: AttemptNote) -> None: ...


class SuspectRecords:
    """The suspects of one lane, by the note that was found when the lane was opened here."""

    def __init__(self, notes: AttemptNotes, process: bytes) -> None:
        """``process``: random bytes that name this process."""
        self._notes, self._process = notes, process
        self._before = notes.read()
        self._crashes = self._before.crash_count(process)
        self._at_once = 1
        self._reached: dict[int, int] = {}

    def cut(self, records: Sequence[SourceRecord]) -> tuple[Sequence[SourceRecord], bool]:
        """The suspects at the front, few at a time, or all records up to the next; and which.

        The first suspect goes alone. While the sandbox survives, each batch takes twice as many.
        """
        suspect = self._is_suspect(records[0])
        alike = takewhile(lambda record: self._is_suspect(record) is suspect, records)
        return list(islice(alike, self._at_once) if suspect else alike), suspect

    def processed(self, count: int, *, survived: bool) -> None:
        """Note whether the sandbox has survived a batch of suspects."""
        self._at_once = min(2 * count, MOST_AT_ONCE) if survived else 1

    def note(self, records: Sequence[SourceRecord]) -> None:
        """Note that these records are processed now: if the process dies, the next owner reads it.

        Records of the note that was found stay in it until they have been processed here. The lane
        may move before their turn comes, and the next owner would not know that they were there at
        a death.
        """
        all_suspects = self._before.spans if self._is_suspect(records[0]) else NO_SPANS
        waiting = all_suspects or self._still_waiting(records)
        attempt = 1 + (self._crashes if waiting else 0)
        self._notes.write(attempt_note(self._process, attempt, records, waiting))
        self._reached |= {record.topic_index: record.offset for record in records}

    def _still_waiting(self, records: Sequence[SourceRecord]) -> Spans:
        """The spans at which a process died and whose last records were not processed yet.

        A topic's records are processed in order, so a record beyond a span says that it is done.
        """
        if not self._crashes:
            return NO_SPANS
        done = {record.topic_index: record.offset - 1 for record in reversed(records)}
        reached = self._reached | done
        return {
            topic: (first, last)
            for topic, (first, last) in self._before.spans.items()
            if reached.get(topic, first - 1) < last
        }

    def _is_suspect(self, record: SourceRecord) -> bool:
        return self._crashes >= CRASHES_BEFORE_SANDBOX and self._before.holds(record)
