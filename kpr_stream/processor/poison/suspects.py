"""Which records of a lane have seen processes die, and how a batch is cut because of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Protocol

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.poison.attempts import (
    CRASHES_BEFORE_SANDBOX,
    AttemptNote,
    attempt_note,
)


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

    def cut(self, records: Sequence[SourceRecord]) -> tuple[Sequence[SourceRecord], bool]:
        """The first record alone if it is a suspect, else all up to the next suspect; and which."""
        if self._is_suspect(records[0]):
            return records[:1], True
        return list(takewhile(lambda record: not self._is_suspect(record), records)), False

    def note(self, records: Sequence[SourceRecord]) -> None:
        """Note that these records are processed now: if the process dies, the next owner reads it.

        While suspects are processed the note keeps all of them, also those that still wait. Another
        death would else clear them, and the deadly one would kill two more processes.
        """
        again = any(self._before.holds(record) for record in records)
        attempt = 1 + (self._crashes if again else 0)
        if self._is_suspect(records[0]):
            note = replace(self._before, process=self._process, attempt=attempt)
        else:
            note = attempt_note(self._process, attempt, records)
        self._notes.write(note)

    def _is_suspect(self, record: SourceRecord) -> bool:
        return self._crashes >= CRASHES_BEFORE_SANDBOX and self._before.holds(record)
