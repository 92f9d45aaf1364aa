"""Keep the folder of an export tidy: put away what was answered, set aside what cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.source.put_away import SeenFile, put_away, seen, set_aside
from kpr_stream.errors import ExportError
from kpr_stream.settings import FilesWhenDone


@dataclass(slots=True)
class Tidy:
    """Remembers what was read. A file is put away only as it was when it was read."""

    when: FilesWhenDone = FilesWhenDone.KEEP
    _read: dict[Path, tuple[SeenFile, str, str]] = field(default_factory=dict)

    def before(self, path: Path | None) -> SeenFile | None:
        """Return a file as it is before it is read; None if files are kept."""
        return None if path is None or self.when is FilesWhenDone.KEEP else seen(path)

    def note(self, one: SeenFile | None, name: str, digest: str) -> None:
        """Note a file that is in the outbox, by its name and digest there."""
        if one is not None:
            self._read[one.path] = (one, name, digest)

    def failed(self, path: Path | None, error: ExportError) -> None:
        """Set aside a file that cannot be used, with the reason beside it."""
        if path is not None:
            set_aside(path, self.when, error)

    def sweep(self, outbox: Outbox) -> None:
        """Put away every file whose deliveries are all answered."""
        for path, (one, name, digest) in list(self._read.items()):
            if outbox.is_settled(name, digest):
                put_away(one, self.when)
                del self._read[path]
