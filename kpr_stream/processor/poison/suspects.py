"""Which records of a lane have seen processes die, and how a batch is cut because of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Protocol

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.poison.attempts import CRASHES_BEFORE_SANDBOX, AttemptNote, attempt_note


class Notes(Protocol):
    """Where a lane's note is kept."""

    def read(self) -> AttemptNote: ...
    def write(self, note: AttemptNote) -> None: ...


class SuspectRecords:
    """One lane's, from the note that stood when the lane was opened here."""

    def __init__(self, notes: Notes, process: bytes) -> None:
        """``process``: random bytes that name this process."""
        self._notes, self._process = notes, process
        self._before = notes.read()
        self._crash_count = self._before.crash_count(process)

    def cut(self, records: Sequence[SourceRecord]) -> tuple[Sequence[SourceRecord], bool]:
        """As many records from the front as are all suspects or all not, and which."""
        alone = self._suspects(records[0])
        return list(takewhile(lambda r: self._suspects(r) is alone, records)), alone

    def note(self, records: Sequence[SourceRecord]) -> None:
        """These are opened now: if the process dies of it, the next owner reads it."""
        again = any(self._before.holds(record) for record in records)
        attempt = 1 + (self._crash_count if again else 0)
        self._notes.write(attempt_note(self._process, attempt, records))

    def _suspects(self, record: SourceRecord) -> bool:
        return self._crash_count >= CRASHES_BEFORE_SANDBOX and self._before.holds(record)
