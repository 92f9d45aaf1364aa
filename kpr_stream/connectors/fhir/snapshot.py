"""Read a snapshot in two passes: index every resource, then map the items of each unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from kpr_stream.connectors.export.left_out import LeftOut, Part
from kpr_stream.connectors.fhir.elements import inner, objects, reference
from kpr_stream.connectors.fhir.encounter import (
    SENT_STATES,
    WITHDRAWN,
    Around,
    Mapped,
    map_appointment,
    map_encounter,
)
from kpr_stream.connectors.fhir.fingerprint import digest_of_item
from kpr_stream.connectors.fhir.index import Index, Indexed
from kpr_stream.connectors.fhir.measures import row_of
from kpr_stream.connectors.fhir.rules import FhirRules
from kpr_stream.connectors.fhir.split import FhirEntry
from kpr_stream.connectors.fhir.units import FhirUnit, NoUnitError, unit_of
from kpr_stream.connectors.mapping.items import Item, deletion_of
from kpr_stream.connectors.mapping.unmapped import NOT_SHOWN, UnmappedCode, code_shown
from kpr_stream.model.limits import MAX_OBSERVATIONS
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import ID_FIELDS

CHUNK_ITEMS: Final = 1_000
"""Resources that are mapped at once. Bounds memory, whatever the size of a unit."""
MOST_LEFT_OUT: Final = 1_000
"""Resources of a snapshot whose fault is reported one by one; the others are counted."""
KINDS: Final = {
    "Appointment": MessageType.APPOINTMENT,
    "Encounter": MessageType.CONSULTATION,
}
_LONG_NUMBERS: Final = "http://snomed.info/sct"
"""Codes of SNOMED CT have 6 to 18 digits."""
_NUMBER: Final = re.compile("[0-9]{11}")
_FIX: Final = "Correct the export; everything else is sent, and this resource once it is right."


@dataclass(frozen=True, slots=True)
class FhirItem:
    """An item with its resource, and the keyed hash that recognises it."""

    item: Item
    resource: str
    file: str
    pointer: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class FhirChunk:
    """Items of one unit and message type."""

    items: Sequence[FhirItem]
    left_out: tuple[LeftOut, ...]
    unmapped: Counter[UnmappedCode]


@dataclass(slots=True)
class FhirSnapshot:
    """An indexed snapshot. ``key`` is that of the fingerprints."""

    rules: FhirRules
    key: bytes
    synthetic_units: bool
    index: Index = field(default_factory=Index)
    left_out: list[LeftOut] = field(default_factory=list)
    """Resources that belong to no unit or encounter."""
    _units: dict[str, FhirUnit] = field(default_factory=dict)
    _not_named: int = 0

    def read(self, entries: Iterator[FhirEntry]) -> None:
        """Index the entries of a file; ExportError if one of them cannot be used."""
        for entry in entries:
            self.index.add(entry)

    def assign(self) -> None:
        """Find the unit of every Encounter and Appointment and the encounter of every
        Observation."""
        for kind in KINDS:
            for one in self.index.of_kind(kind):
                self._assign(kind, one)
        for one in self.index.of_kind("Observation"):
            if row_of(one.body, self.rules) is not None:
                self._assign_measure(one)
        if self._not_named:
            problem = f"{self._not_named} more resources cannot be assigned or sent"
            self.left_out.append(LeftOut(Part.ITEM, "the snapshot", "", problem, _FIX))

    def units(self) -> list[FhirUnit]:
        """Return the units that have something in the snapshot, in order."""
        return [self._units[org_nr] for org_nr in self.index.units()]

    def chunks(self, unit: FhirUnit, kind: str) -> Iterator[Callable[[], FhirChunk]]:
        """Yield what maps each chunk of a unit's Encounters or Appointments."""
        last = ""
        while keys := self.index.members(unit.org_nr, kind, after=last, most=CHUNK_ITEMS):
            last = keys[-1]
            yield lambda keys=keys: self._mapped(keys)  # type: ignore[misc]

    def removals(self) -> Iterator[list[tuple[MessageType, FhirItem]]]:
        """Yield, in chunks, the deletions that name a resource alone."""
        last = ""
        while rows := self.index.removals(after=last, most=CHUNK_ITEMS):
            last = rows[-1][0]
            yield [self._removal(*row) for row in rows]

    def _assign(self, kind: str, one: Indexed) -> None:
        status = one.body.get("status")
        if kind == "Encounter" and status not in SENT_STATES:
            return
        try:
            unit = unit_of(self.index, one, self.rules, synthetic=self.synthetic_units)
        except NoUnitError as cause:
            if status == WITHDRAWN:
                self.index.remove(one.key, one.file, one.pointer)
            else:
                self._leave_out(cause.at, cause.pointer, cause.why, whose=one)
            return
        self._units.setdefault(unit.org_nr, unit)
        self.index.add_member(unit.org_nr, kind, one.key)

    def _assign_measure(self, one: Indexed) -> None:
        named = reference(one.body.get("encounter"))
        key = None if named is None else self.index.key_of(named)
        if key is not None and key.startswith("Encounter/"):
            self.index.add_measure(key, one.key)
        elif named is not None:
            self._leave_out(one, "/encounter/reference", "the encounter is not in the snapshot")

    def _leave_out(
        self, at: Indexed, pointer: str, why: str, *, whose: Indexed | None = None
    ) -> None:
        if len(self.left_out) >= MOST_LEFT_OUT:
            self._not_named += 1
            return
        self.left_out.append(_left_out(at, pointer, why, whose=whose))

    def _mapped(self, keys: Sequence[str]) -> FhirChunk:
        items: list[FhirItem] = []
        left_out: list[LeftOut] = []
        unmapped: Counter[UnmappedCode] = Counter()
        for key in keys:
            one = self.index.get(key)
            if one is None:
                raise KeyError(key)
            found = self._one(one)
            if isinstance(found, LeftOut):
                left_out.append(found)
                continue
            for system, code in found.unmapped:
                text = f"{system}|{code}" if system == _LONG_NUMBERS else _pair_shown(system, code)
                unmapped[UnmappedCode(f"{key.partition('/')[0]}.type", text)] += 1
            digest = digest_of_item(self.key, found.item, one.version)
            items.append(FhirItem(found.item, key, one.file, one.pointer, digest))
        return FhirChunk(items, tuple(left_out), unmapped)

    def _one(self, one: Indexed) -> Mapped | LeftOut:
        """Return the item of a resource, or why it has none."""
        try:
            unit = unit_of(self.index, one, self.rules, synthetic=self.synthetic_units)
            department = None if unit.department is None else unit.department.body
            if one.key.startswith("Appointment/"):
                patient = self._patient_of_appointment(one)
                around = Around(patient=patient, department=department)
                return map_appointment(one.body, around, self.rules)
            observations = self._observations(one)
            around = Around(
                patient=self._referred(one, one.body.get("subject"), "Patient", "/subject"),
                appointment=self._appointment_of(one),
                department=department,
                observations=tuple(found.body for found in observations),
            )
            return map_encounter(one.body, around, self.rules)
        except NoUnitError as cause:
            if one.body.get("status") == WITHDRAWN:
                # What a withdrawn resource refers to is not needed to delete it.
                return self._withdrawn(one)
            return _left_out(cause.at, cause.pointer, cause.why, whose=one)

    def _observations(self, one: Indexed) -> list[Indexed]:
        found = self.index.measures(one.key, most=MAX_OBSERVATIONS + 1)
        if len(found) > MAX_OBSERVATIONS:
            raise NoUnitError(one, "", f"it has more than {MAX_OBSERVATIONS} observations")
        return found

    def _withdrawn(self, one: Indexed) -> Mapped:
        mapper = map_appointment if one.key.startswith("Appointment/") else map_encounter
        return mapper(one.body, Around(), self.rules)

    def _appointment_of(self, one: Indexed) -> dict[str, object] | None:
        named = one.body.get("appointment")
        first = named[0] if isinstance(named, list) and named else None
        if reference(first) is None and (identifier := inner(first, "identifier")) is not None:
            # A logical reference names the appointment by its identifier.
            return {"identifier": identifier}
        return self._referred(one, first, "Appointment", "/appointment/0")

    def _patient_of_appointment(self, one: Indexed) -> dict[str, object] | None:
        for at, participant in enumerate(objects(one.body.get("participant"))):
            actor = participant.get("actor")
            if "Patient/" in (reference(actor) or ""):
                return self._referred(one, actor, "Patient", f"/participant/{at}/actor")
            key = self.index.key_of(reference(actor) or "")
            if key is not None and key.startswith("Patient/"):
                return self._referred(one, actor, "Patient", f"/participant/{at}/actor")
        return None

    def _referred(
        self, one: Indexed, value: object, kind: str, pointer: str
    ) -> dict[str, object] | None:
        """Return what an element refers to, None if it refers to nothing; NoUnitError if it is not
        in the snapshot."""
        named = reference(value)
        if named is None:
            return None
        key = self.index.key_of(named)
        found = self.index.get(key) if key is not None and key.startswith(f"{kind}/") else None
        if found is None:
            raise NoUnitError(one, f"{pointer}/reference", "the resource is not in the snapshot")
        return found.body

    def _removal(self, key: str, file: str, pointer: str) -> tuple[MessageType, FhirItem]:
        kind = KINDS[key.partition("/")[0]]
        item = deletion_of(kind, None)
        return kind, FhirItem(item, key, file, pointer, digest_of_item(self.key, item, None))

    def wanted_units(self, wanted: AbstractSet[str] | None) -> list[FhirUnit]:
        """Return the units that are wanted, or all."""
        return [unit for unit in self.units() if wanted is None or unit.org_nr in wanted]


def local_id(kind: MessageType, item: Item) -> str | None:
    """Return the local id of an item."""
    found = item[ID_FIELDS[kind]]
    return None if found is None else str(found)


def _left_out(at: Indexed, pointer: str, why: str, *, whose: Indexed | None = None) -> LeftOut:
    """Return what to report of a resource, by its type and id: a resource's id is no person's."""
    which = at if whose is None else whose
    about = "" if which.key == at.key else f", needed by {_key_shown(which.key)}"
    problem = f"{_key_shown(at.key)}{about}: {why}"
    return LeftOut(Part.ITEM, at.file, f"{at.pointer}{pointer}", problem, _FIX)


def _key_shown(key: str) -> str:
    """Return a resource's key, without an id that could be a national number."""
    return f"{key.partition('/')[0]}/(not shown)" if _NUMBER.search(key) else key


def _pair_shown(system: str, code: str) -> str:
    shown = code_shown(f"{system}|{code}")
    return shown if shown != NOT_SHOWN else f"{code_shown(system)}|{code_shown(code)}"
