"""Attempt notes: which records a process was processing, so that a death can be traced to them.

A lane notes the records before it processes them. The next opening of the lane reads the note: if
another process wrote it, that process died, and its records may be the cause. A lane that moves
away from a living process in the middle of a batch looks the same. A note is never cleared.
Offsets that were committed never come again, so an old note names no record that waits.
``adapters/attempt_file.py`` keeps the note on disk.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS

CRASHES_BEFORE_SANDBOX: Final = 2
"""One death is a killed worker, as happens every day. After a second death at the same records they
are processed in a sandbox. Being a suspect alone refuses nothing."""
PROCESS_BYTES: Final = 16
_MAGIC: Final = b"KPRN"
_NOTE = struct.Struct(f">4s{PROCESS_BYTES}sI{2 * len(SOURCE_TOPICS)}q")
_NO_SPAN: Final = (0, -1)
_MOST_ATTEMPTS: Final = 2**32 - 1

Spans = Mapping[int, tuple[int, int]]
"""First and last offset by topic index."""
NO_SPANS: Final[Spans] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AttemptNote:
    """The records that a process was processing, and at which attempt."""

    process: bytes = bytes(PROCESS_BYTES)
    attempt: int = 0
    spans: Spans = field(default_factory=dict)

    def holds(self, record: SourceRecord) -> bool:
        """Whether this record was among them."""
        first, last = self.spans.get(record.topic_index, _NO_SPAN)
        return first <= record.offset <= last

    def crash_count(self, process: bytes) -> int:
        """How often a process died at these records; the attempt of ``process`` still runs."""
        return self.attempt - (self.process == process)


def attempt_note(
    process: bytes, attempt: int, records: Iterable[SourceRecord], waiting: Spans = NO_SPANS
) -> AttemptNote:
    """The note about these records of one lane, and about others that still wait."""
    spans = dict(waiting)
    for record in records:
        first, last = spans.get(record.topic_index, (record.offset, record.offset))
        spans[record.topic_index] = min(first, record.offset), max(last, record.offset)
    return AttemptNote(process, attempt, spans)


def pack(note: AttemptNote) -> bytes:
    """A note as the bytes of its file, always of the same length."""
    offsets = [n for topic in range(len(SOURCE_TOPICS)) for n in note.spans.get(topic, _NO_SPAN)]
    return _NOTE.pack(_MAGIC, note.process, min(note.attempt, _MOST_ATTEMPTS), *offsets)


def unpack(data: bytes) -> AttemptNote:
    """The note of a file; an empty note if the bytes are not a valid note."""
    if len(data) != _NOTE.size or not data.startswith(_MAGIC):
        return AttemptNote()
    _, process, attempt, *offsets = _NOTE.unpack(data)
    pairs = zip(offsets[::2], offsets[1::2], strict=True)
    spans = {index: pair for index, pair in enumerate(pairs) if pair != _NO_SPAN}
    return AttemptNote(process, attempt, spans)
