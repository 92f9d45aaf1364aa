"""The unit of work of a batch: what it is decided with, and what it has written so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.release import ReleaseState, release_key
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.model.words import System
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.processor.emit.states import read_release, read_unit, release_record, unit_record
from kpr_stream.processor.state.command_entries import (
    admitted_entry_key,
    read_admitted,
    release_entry_key,
)
from kpr_stream.processor.state.contents import Contents
from kpr_stream.processor.state.entries import entries_of, unit_entry_key
from kpr_stream.processor.state.overlay import Overlay


@dataclass(slots=True)
class UnitOfWork:
    """Ledger, emitter and contents of one batch, and the records and states it writes."""

    overlay: Overlay
    emitter: Emitter
    contents: Contents = field(default_factory=Contents)
    outputs: list[OutputRecord] = field(default_factory=list, init=False)
    units: dict[bytes, tuple[SourceRecord, UnitState]] = field(default_factory=dict, init=False)
    """The last state of each unit that changed, and the record that changed it."""
    releases: dict[bytes, tuple[SourceRecord, ReleaseState]] = field(
        default_factory=dict, init=False
    )
    """The same of each release of an EPJ system."""
    _read: dict[bytes, UnitState] = field(default_factory=dict, init=False)

    def write(self, record: OutputRecord) -> None:
        """Add a record to what the batch writes, and its entries to the overlay."""
        header = record.header
        self.overlay.put(
            entries_of(record.topic, record.key, record.value, header, known=self.overlay.get)
        )
        self.contents.note(record)
        self.outputs.append(record)

    def state(self, org_nr: str, system: System) -> UnitState:
        """A unit's state after what the batch has decided so far."""
        key = unit_key(org_nr, system)
        changed = self.units.get(key)
        if changed:
            return changed[1]
        if key not in self._read:
            self._read[key] = known_unit(self.overlay, org_nr, system)
        return self._read[key]

    def change(self, source: SourceRecord, state: UnitState) -> None:
        """Note a unit's new state; it is written once, when the batch is done."""
        self.units[unit_key(state.org_nr, state.system)] = source, state

    def release(self, system: System, software_version: str) -> ReleaseState:
        """A release's state after what the batch has decided so far."""
        key = release_key(system, software_version)
        changed = self.releases.get(key)
        return changed[1] if changed else known_release(self.overlay, system, software_version)

    def change_release(self, source: SourceRecord, state: ReleaseState) -> None:
        """Note a release's new state; it is written once, when the batch is done."""
        self.releases[release_key(state.system, state.software_version)] = source, state

    def write_states(self) -> None:
        """Write the last state of each unit and release that changed."""
        for source, state in self.units.values():
            self.write(unit_record(self.emitter, source, state))
        for source, release in self.releases.values():
            self.write(release_record(source, release))


def known_unit(overlay: Overlay, org_nr: str, system: System) -> UnitState:
    """A unit's state as the ledger knows it; a new state if the ledger does not know the unit."""
    known = overlay.get(unit_entry_key(unit_key(org_nr, system)))
    return read_unit(known) if known else UnitState(org_nr=org_nr, system=system)


def known_release(overlay: Overlay, system: System, software_version: str) -> ReleaseState:
    """A release's state as the ledger knows it; a new state if it has not delivered here."""
    known = overlay.get(release_entry_key(release_key(system, software_version)))
    if known:
        return read_release(known)
    return ReleaseState(system=system, software_version=software_version)


def admitted_until(overlay: Overlay, system: System, software_version: str) -> date | None:
    """The last day on which a release is admitted; None if it is not admitted."""
    return read_admitted(overlay.get(admitted_entry_key(release_key(system, software_version))))
