"""Remember how far each unit's files reach, and find the quiet days before its next file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from kpr_stream.connectors.export.names import ExportFile
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.report.quiet import Covered, covered_by, quiet_period
from kpr_stream.connectors.report.units import file_named, folder_of
from kpr_stream.connectors.source.interface import Extent
from kpr_stream.model.words import MessageType

_Key = tuple[str, str, MessageType]
"""Folder, unit, message type."""


@dataclass(slots=True)
class QuietDays:
    """Reads the outbox once for each unit and folder, and then follows what is kept.

    ``counts`` says which files count: of a backfill's history only the history.
    """

    outbox: Outbox
    counts: Callable[[ExportFile], bool] = lambda _: True
    _covered: dict[_Key, Covered | None] = field(default_factory=dict)
    _numbers: dict[str, set[int]] | None = None

    def before(self, name: str, org_nr: str) -> Extent | None:
        """Return the quiet days of a unit before a document that it is in; None if there are none.

        A document whose name is not one of an export file has none.
        """
        file = file_named(name)
        if file is None:
            return None
        covered = self._covered_until(folder_of(name), org_nr, file.message_type)
        found = quiet_period(covered, file, self._read_numbers()[folder_of(name)])
        if found is None:
            return None
        return Extent(period_from=found[0], period_to=found[1], extracted_at=file.extracted_at)

    def note_unit(self, name: str, org_nr: str) -> None:
        """Note that a unit's part of a document was kept."""
        file = file_named(name)
        if file is not None and self.counts(file):
            key = folder_of(name), org_nr, file.message_type
            known = self._covered.get(key)
            if known is None or file.period_to >= known.last_day:
                self._covered[key] = Covered(file.period_to, file.number)

    def note_read(self, name: str) -> None:
        """Note that a document is in the outbox."""
        file = file_named(name)
        if file is not None:
            self._read_numbers()[folder_of(name)].add(file.number)

    def _covered_until(self, folder: str, org_nr: str, message_type: MessageType) -> Covered | None:
        key = folder, org_nr, message_type
        if key not in self._covered:
            names = self.outbox.files_of(org_nr)
            files = (file_named(name) for name in names if folder_of(name) == folder)
            counted = [file for file in files if file is not None and self.counts(file)]
            self._covered[key] = covered_by(counted, message_type)
        return self._covered[key]

    def _read_numbers(self) -> dict[str, set[int]]:
        if self._numbers is None:
            self._numbers = defaultdict(set)
            for name in self.outbox.files_read():
                if (file := file_named(name)) is not None:
                    self._numbers[folder_of(name)].add(file.number)
        return self._numbers
