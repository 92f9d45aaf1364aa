"""The attempt note of a lane on disk: one small file, written over in place.

The file outlives the process, not the machine: no record is blamed for a machine that goes down.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from kpr_stream.processor.poison.attempts import AttemptNote, pack, unpack

log = logging.getLogger(__name__)


class AttemptFile:
    """The file of one lane. A disk that cannot be written costs the protection, not the flow."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> AttemptNote:
        """The note in the file; an empty note if there is no file."""
        try:
            return unpack(self._path.read_bytes())
        except OSError:
            return AttemptNote()

    def write(self, note: AttemptNote) -> None:
        """Replace the note in the file."""
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.pwrite(file, pack(note), 0)
            finally:
                os.close(file)
        except OSError as cause:
            log.warning("the note %s cannot be written: %s", self._path, cause.strerror)
