"""What a lane is about to open, noted on disk: a note that still stands tells of a death.

One small file a lane, written over in place before records are opened. It outlives the process,
not the machine: a machine that dies takes no record's blame. The next opening of a lane reads it;
records that were being opened when a process died are suspects. A note is not cleared: offsets
that were committed never come again, so it then points at nothing.
"""

from __future__ import annotations

import logging
import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS

log = logging.getLogger(__name__)

CRASHES_BEFORE_SANDBOX: Final = 2
"""One death is a killed worker, as every day brings; a second at the same records is their doing
until shown otherwise. Suspicion alone refuses nothing."""
PROCESS_BYTES: Final = 16
_MAGIC: Final = b"KPRN"
_NOTE = struct.Struct(f">4s{PROCESS_BYTES}sI{2 * len(SOURCE_TOPICS)}q")
_NONE: Final = (0, -1)
_MOST_ATTEMPTS: Final = 2**32 - 1

Spans = Mapping[int, tuple[int, int]]
"""First and last offset by topic index."""


@dataclass(frozen=True, slots=True)
class AttemptNote:
    """The records that a process was opening, and at which attempt."""

    process: bytes = bytes(PROCESS_BYTES)
    attempt: int = 0
    spans: Spans = field(default_factory=dict)

    def holds(self, record: SourceRecord) -> bool:
        """Whether this record was among them."""
        first, last = self.spans.get(record.topic_index, _NONE)
        return first <= record.offset <= last

    def crash_count(self, process: bytes) -> int:
        """How often a process died at these records; one's own attempt has not ended in death."""
        return self.attempt - (self.process == process)


def attempt_note(process: bytes, attempt: int, records: Iterable[SourceRecord]) -> AttemptNote:
    """The note about these records of one lane."""
    spans: dict[int, tuple[int, int]] = {}
    for record in records:
        first, last = spans.get(record.topic_index, (record.offset, record.offset))
        spans[record.topic_index] = min(first, record.offset), max(last, record.offset)
    return AttemptNote(process, attempt, spans)


def pack(note: AttemptNote) -> bytes:
    """A note as the bytes of its file: always as many."""
    offsets = [n for topic in range(len(SOURCE_TOPICS)) for n in note.spans.get(topic, _NONE)]
    return _NOTE.pack(_MAGIC, note.process, min(note.attempt, _MOST_ATTEMPTS), *offsets)


def unpack(data: bytes) -> AttemptNote:
    """The note of a file; an empty note where the bytes are none."""
    if len(data) != _NOTE.size or not data.startswith(_MAGIC):
        return AttemptNote()
    _, process, attempt, *offsets = _NOTE.unpack(data)
    pairs = zip(offsets[::2], offsets[1::2], strict=True)
    return AttemptNote(process, attempt, {i: pair for i, pair in enumerate(pairs) if pair != _NONE})


class AttemptFile:
    """The file of one lane. A disk that cannot be written costs the protection, not the flow."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> AttemptNote:
        """What stands there."""
        try:
            return unpack(self._path.read_bytes())
        except OSError:
            return AttemptNote()

    def write(self, note: AttemptNote) -> None:
        """Write over what stands there."""
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(file, pack(note), 0)
            finally:
                os.close(file)
        except OSError as cause:
            log.warning("the note %s cannot be written: %s", self._path, cause.strerror)
