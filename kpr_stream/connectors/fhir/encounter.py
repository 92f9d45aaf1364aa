"""Map an Encounter or an Appointment, with the resources it refers to, to an item. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from kpr_stream.connectors.export import values
from kpr_stream.connectors.export.values import UnreadableValueError
from kpr_stream.connectors.fhir.elements import CodeOfSystem, codings, inner, objects, word
from kpr_stream.connectors.fhir.measures import UCUM, put_measures
from kpr_stream.connectors.fhir.people import own_id, put_person
from kpr_stream.connectors.fhir.rules import FhirRules
from kpr_stream.connectors.mapping.items import Item, deletion_of
from kpr_stream.model.codes import PRECISION_DATE, PRECISION_MINUTE
from kpr_stream.model.words import MessageType, Operation
from kpr_stream.schemas.contract import ID_FIELDS, item_schema

Resource = Mapping[str, Any]
ENCOUNTER_STATUS: Final = "http://hl7.org/fhir/encounter-status"
APPOINTMENT_STATUS: Final = "http://hl7.org/fhir/appointmentstatus"
WITHDRAWN: Final = "entered-in-error"
SENT_STATES: Final = ("finished", "cancelled", WITHDRAWN)
"""States in which an Encounter is sent. Others have not ended yet: it is sent when it has."""
_OF_TYPE: Final = ("service", "consultation_type", "contact_form", "attendance", "programme_step")
_LONGEST_MINUTES: Final = 7 * 24 * 60
"""An end that is later than this after the start is a mistake, and gives no duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a resource refers to, as far as it refers to anything."""

    patient: Resource | None = None
    appointment: Resource | None = None
    department: Resource | None = None
    """The Organization that has no number of its own, below the unit."""
    observations: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """An item, and the codings of it that no row maps."""

    item: Item
    unmapped: tuple[CodeOfSystem, ...] = ()


def map_encounter(encounter: Resource, around: Around, rules: FhirRules) -> Mapped:
    """Return the consultation of an Encounter; one that is entered in error is a deletion."""
    local_id = own_id(encounter, "consultation_id", rules)
    if encounter.get("status") == WITHDRAWN:
        return Mapped(deletion_of(MessageType.CONSULTATION, local_id))
    item = _new(MessageType.CONSULTATION, local_id)
    _put_start(item, inner(encounter, "period", "start"))
    _put_duration(item, encounter)
    kinds = codings(encounter.get("type"), encounter.get("serviceType"))
    contact_class = codings(encounter.get("class"))
    for name in _OF_TYPE:
        item[name] = rules.code(name, kinds)
    item["contact_form"] = item["contact_form"] or rules.code("contact_form", contact_class)
    if item["attendance"] is None:
        item["attendance"] = _attendance(encounter, around.appointment, rules)
    roles = [one for p in objects(encounter.get("participant")) for one in codings(p.get("type"))]
    item["practitioner_roles"] = rules.all_codes("practitioner_roles", roles)
    if around.appointment is not None:
        item["appointment_id"] = own_id(around.appointment, "appointment_id", rules)
    _put_common(item, around, rules)
    put_measures(item, around.observations, rules)
    unread = [
        *rules.unread(_OF_TYPE, [*kinds, *contact_class]),
        *rules.unread(("practitioner_roles",), roles),
    ]
    return Mapped(_ended(item), tuple(unread))


def map_appointment(appointment: Resource, around: Around, rules: FhirRules) -> Mapped:
    """Return the appointment; one that is entered in error is a deletion."""
    local_id = own_id(appointment, "appointment_id", rules)
    if appointment.get("status") == WITHDRAWN:
        return Mapped(deletion_of(MessageType.APPOINTMENT, local_id))
    item = _new(MessageType.APPOINTMENT, local_id)
    _put_start(item, appointment.get("start"))
    kinds = codings(appointment.get("appointmentType"), appointment.get("serviceType"))
    item["consultation_type"] = rules.code("consultation_type", kinds)
    item["attendance"] = _appointment_attendance(appointment, rules)
    _put_common(item, around, rules)
    return Mapped(_ended(item), tuple(rules.unread(_OF_TYPE, kinds)))


def _new(message_type: MessageType, local_id: str | None) -> Item:
    return {
        **_blank(message_type),
        "operation": Operation.UPSERT,
        ID_FIELDS[message_type]: local_id,
        "unreadable": [],
    }


@cache
def _blank(message_type: MessageType) -> Mapping[str, Any]:
    """Return every field with its default: null, or the empty list."""
    return {one["name"]: one.get("default") for one in item_schema(message_type).parsed["fields"]}


def _ended(item: Item) -> Item:
    item["unreadable"].sort()
    return item


def _put_start(item: Item, written: object) -> None:
    try:
        at = values.instant(written)
    except UnreadableValueError:
        item["unreadable"].append("start")
        return
    if at is not None:
        item["start"], item["start_offset_minutes"] = at.micros, at.offset_minutes
        if "time_precision" in item:
            item["time_precision"] = PRECISION_DATE if at.whole_day else PRECISION_MINUTE


def _put_duration(item: Item, encounter: Resource) -> None:
    """Fill the duration: ``length`` in minutes, or else the whole minutes of the period."""
    length = encounter.get("length")
    try:
        if length is not None:
            item["duration_minutes"] = _minutes(length)
            return
        end = values.instant(inner(encounter, "period", "end"))
    except UnreadableValueError:
        item["unreadable"].append("duration_minutes")
        return
    known = end is not None and not end.whole_day and item["time_precision"] == PRECISION_MINUTE
    if known and end is not None and item["start"] is not None:
        passed = (end.micros - item["start"]) // 60_000_000
        item["duration_minutes"] = passed if 0 < passed <= _LONGEST_MINUTES else None


def _minutes(length: object) -> int | None:
    if inner(length, "system") != UCUM or inner(length, "code") != "min":
        raise UnreadableValueError
    return values.integer(inner(length, "value"))


def _attendance(encounter: Resource, appointment: Resource | None, rules: FhirRules) -> str | None:
    """Return the attendance by the status; a cancelled encounter has that of its appointment."""
    status = word(encounter.get("status")) or ""
    if status == "cancelled" and appointment is not None:
        return _appointment_attendance(appointment, rules)
    return rules.code("attendance", [(ENCOUNTER_STATUS, status)])


def _appointment_attendance(appointment: Resource, rules: FhirRules) -> str | None:
    kinds = codings(
        appointment.get("cancelationReason"),
        appointment.get("appointmentType"),
        appointment.get("serviceType"),
    )
    status = (APPOINTMENT_STATUS, word(appointment.get("status")) or "")
    return rules.code("attendance", [*kinds, status])


def _put_common(item: Item, around: Around, rules: FhirRules) -> None:
    if around.patient is not None:
        put_person(item, around.patient, rules)
    if around.department is not None:
        item["department_id"] = _department_id(around.department)


def _department_id(department: Resource) -> str | None:
    """Return the id of a department: its first identifier, or the resource's id."""
    ids: Iterable[str | None] = (
        word(one.get("value")) for one in objects(department.get("identifier"))
    )
    return next((one for one in ids if one is not None), word(department.get("id")))
