"""The states of units and releases: the records on their topics, and how they are read. Pure."""

from __future__ import annotations

from dataclasses import replace

from kpr_stream.model import topics
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.release import ReleaseState, release_key
from kpr_stream.model.unit import UnitState, unit_key
from kpr_stream.processor.emit.emitter import Emitter
from kpr_stream.schemas import wire


def unit_record(emitter: Emitter, source: SourceRecord, state: UnitState) -> OutputRecord:
    """Return a unit's new state, caused by ``source``; the record names the rights in force."""
    record = replace(state, rights_offset=emitter.rights.offset).to_record()
    return OutputRecord(
        topics.UNIT,
        unit_key(state.org_nr, state.system),
        wire.encode("unit_state", record),
        LedgerHeader.caused_by(source),
        source.received_at,
    )


def release_record(source: SourceRecord, state: ReleaseState) -> OutputRecord:
    """Return a release's new state, caused by ``source``."""
    return OutputRecord(
        topics.RELEASE,
        release_key(state.system, state.software_version),
        wire.encode("release", state.to_record()),
        LedgerHeader.caused_by(source),
        source.received_at,
    )


def forgotten_release(source: SourceRecord, state: ReleaseState) -> OutputRecord:
    """Return the record that removes a release's state, caused by ``source``."""
    return OutputRecord(
        topics.RELEASE,
        release_key(state.system, state.software_version),
        None,
        LedgerHeader.caused_by(source),
        source.received_at,
    )


def read_unit(data: bytes) -> UnitState:
    """Read a unit's state from the value of its record."""
    return UnitState.from_record(wire.decode("unit_state", data))


def read_release(data: bytes) -> ReleaseState:
    """Read a release's state from the value of its record."""
    return ReleaseState.from_record(wire.decode("release", data))
