"""Answer entries as a perfect receiver does, and say what it holds at the end.

Written from the contract's text alone (design, "Outcome of an item"), without the processor's
code, as a second opinion to test the receiver against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kpr_stream.model.words import MessageType, Operation, Outcome, RecordStatus
from kpr_stream.simulate.small.entries import UNREADABLE_MEASURE, Entry
from kpr_stream.simulate.small.history import MUNICIPALITY_THAT_ENDED
from kpr_stream.simulate.small.places import Unit

Version = tuple[datetime, int]
"""Time of extraction, and position of the export in the order of sending."""

_POSSIBLE = {
    "weight_g": range(200, 250_001),
    "length_mm": range(200, 2_501),
    "head_circumference_mm": range(150, 701),
}
_KEPT = {
    MessageType.CONSULTATION: (
        "service",
        "consultation_type",
        "contact_form",
        "attendance",
        "grade",
        "duration_minutes",
        "group_size",
        "sex",
        "weight_reason_not_measured",
        "length_position",
        "breastfeeding",
        "maternity_discharge_date",
    ),
    MessageType.APPOINTMENT: ("consultation_type", "attendance"),
}


@dataclass(slots=True)
class KnownRecord:
    """What is known of one local id.

    The newest version seen, the version of the content, and the content (None if deleted).
    """

    version: Version
    taken: Version
    content: Mapping[str, Any] | None


@dataclass(slots=True)
class Receiver:
    """A perfect receiver of one unit's exports."""

    unit: Unit
    known: dict[tuple[MessageType, str], KnownRecord] = field(default_factory=dict)

    def take(self, entry: Entry, version: Version) -> Outcome:
        """Return the outcome of an entry, and update what is known."""
        if entry.local_id is None:
            return Outcome.REJECTED
        key = (entry.message_type, entry.local_id)
        before = self.known.get(key)
        if entry.operation is Operation.KEEP:
            return Outcome.DUPLICATE
        if entry.operation is Operation.DELETE:
            return self._delete(key, before, version)
        if entry.content is None or entry.content["start"] is None:
            return Outcome.REJECTED
        return self._upsert(key, before, entry.content, version)

    def _delete(
        self, key: tuple[MessageType, str], before: KnownRecord | None, version: Version
    ) -> Outcome:
        if before is not None and before.content is None:
            before.version = max(before.version, version)
            return Outcome.DUPLICATE
        if before is not None and version < before.version:
            return Outcome.STALE
        self.known[key] = KnownRecord(version, version, None)
        return Outcome.DELETED

    def _upsert(
        self,
        key: tuple[MessageType, str],
        before: KnownRecord | None,
        content: Mapping[str, Any],
        version: Version,
    ) -> Outcome:
        if before is not None and before.content == content:
            before.version = max(before.version, version)
            return Outcome.DUPLICATE
        if before is not None and version < before.version:
            return Outcome.STALE
        self.known[key] = KnownRecord(version, version, content)
        return Outcome.ACCEPTED if before is None or before.content is None else Outcome.CORRECTED

    def records(self, *, ids_as_numbers: bool) -> list[dict[str, Any]]:
        """Return one JSON value for each known local id, in order."""
        return [
            {
                "system": self.unit.system,
                "org_nr": self.unit.org_nr,
                "message_type": message_type,
                "local_id": local_id,
                "status": RecordStatus.DELETED if known.content is None else RecordStatus.LIVE,
                "extracted_at": int(known.taken[0].timestamp()) * 1000,
                "person": known.content and _person(known.content),
                "record": known.content and _cleaned(message_type, known.content, self.unit),
                "warnings": _warnings(known.content or {}, ids_as_numbers=ids_as_numbers),
            }
            for (message_type, local_id), known in sorted(self.known.items())
        ]


def _cleaned(message_type: MessageType, content: Mapping[str, Any], unit: Unit) -> dict[str, Any]:
    """Return the fields of the cleaned record that need no reference data."""
    record = {name: _plain(content.get(name)) for name in _KEPT[message_type]}
    day = content["start"].date()
    record["date"] = day.isoformat()
    if message_type is MessageType.APPOINTMENT:
        return record
    born = content.get("birth_date")
    record["age_days"] = None if born is None else (day - born).days
    record["programme_step_reported"] = content.get("programme_step")
    record["practitioner_roles"] = content.get("practitioner_roles", [])
    record["municipality_code"] = content.get("municipality_code", unit.municipality_code)
    # A district belongs to its municipality: another municipality does not get the unit's district.
    at_home = record["municipality_code"] == unit.municipality_code
    record["district_code"] = unit.district_code if at_home else None
    impossible = [name for name in _POSSIBLE if not _is_possible(name, content.get(name))]
    record["set_aside"] = impossible
    for name in _POSSIBLE:
        record[name] = None if name in impossible else content.get(name)
    return record


def _is_possible(name: str, value: object) -> bool:
    return value is None or (value != UNREADABLE_MEASURE and value in _POSSIBLE[name])


def _person(content: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the id that the person key is made from, by the contract's precedence."""
    for kind, name in (
        ("fnr", "fnr"),
        ("dnr", "dnr"),
        ("duf", "duf"),
        ("local", "person_local_id"),
    ):
        if content.get(name) is not None:
            return {"kind": kind, "number": content[name]}
    return None


def _warnings(content: Mapping[str, Any], *, ids_as_numbers: bool) -> list[str]:
    """Return warnings that the record must have; the rules may add others."""
    found = []
    if ids_as_numbers and str(content.get("fnr")).startswith("0"):
        found.append("ID_LEADING_ZERO_LOST")
    if content.get("municipality_code") == MUNICIPALITY_THAT_ENDED:
        found.append("MUNICIPALITY_NOT_VALID_THEN")
    if content.get("fnr") and content.get("dnr"):
        found.append("SEVERAL_IDS")
    return found


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
