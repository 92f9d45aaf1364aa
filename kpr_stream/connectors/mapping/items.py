"""From a JSON object of an export to an item of the contract. Pure.

A value that the contract cannot represent becomes null and its field is named in
``unreadable``: the receiver sets it aside and tells. A consultation is never lost for it.
Identifiers are sent as the digits that came; the receiver pads and warns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kpr_stream.connectors.export import values
from kpr_stream.connectors.export.values import UnreadableValueError
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.model.words import MessageType, Operation

_T = TypeVar("_T")

Item = dict[str, Any]
"""A record of consultation_item or appointment_item; times as microseconds, dates as days."""

_PERSON: Mapping[str, str] = {
    "person_local_id": "personId",
    "fnr": "fodselsNr",
    "dnr": "dNr",
    "duf": "dufNr",
    "h_number": "hNr",
    "fh_number": "fhNr",
}
_REASONS: Mapping[str, str] = {
    "weight_reason_not_measured": "vektIkkeMaalt",
    "length_reason_not_measured": "lengdeIkkeMaalt",
    "head_circumference_reason_not_measured": "hodeomkretsIkkeMaalt",
}
_MEASURES = ("weight_g", "length_mm", "length_position", "head_circumference_mm", *_REASONS)

ID_FIELD: Mapping[MessageType, str] = {
    MessageType.CONSULTATION: "consultation_id",
    MessageType.APPOINTMENT: "appointment_id",
}
JSON_ID: Mapping[MessageType, str] = {
    MessageType.CONSULTATION: "konsultasjonId",
    MessageType.APPOINTMENT: "avtaleId",
}


def map_upsert(message_type: MessageType, source: Mapping[str, Any], profile: Profile) -> Item:
    """An upsert of a consultation or an appointment."""
    if message_type is MessageType.CONSULTATION:
        return map_consultation(source, profile)
    return map_appointment(source, profile)


def map_deletion(message_type: MessageType, source: Mapping[str, Any]) -> Item:
    """An entry of the deletion list: a delete only where it says so in so many words."""
    reader = _Reader(source)
    confirmed = source.get("erSlettet")
    if not isinstance(confirmed, bool):
        reader.unreadable.append("operation")
    return {
        "operation": Operation.DELETE if confirmed is True else Operation.KEEP,
        ID_FIELD[message_type]: reader.get(
            ID_FIELD[message_type], JSON_ID[message_type], values.text
        ),
        "unreadable": reader.unreadable,
    }


def map_consultation(source: Mapping[str, Any], profile: Profile) -> Item:
    """An upsert of a consultation."""
    reader = _Reader(source)
    item: Item = {"operation": Operation.UPSERT}
    item["consultation_id"] = reader.get("consultation_id", "konsultasjonId", values.text)
    item["appointment_id"] = reader.get("appointment_id", "avtaleId", values.text)
    item["service"] = reader.get("service", "tjeneste", _code(profile, "service"))
    _start(reader, item, with_precision=True)
    _shared(reader, item, profile)
    item["contact_form"] = reader.get("contact_form", "kontaktform", _code(profile, "contact_form"))
    item["programme_step"] = reader.get(
        "programme_step", "programtrinn", _code(profile, "programme_step")
    )
    item["grade"] = reader.get("grade", "skoletrinn", values.integer)
    item["duration_minutes"] = reader.get("duration_minutes", "varighetMinutter", values.integer)
    item["practitioner_roles"] = reader.get("practitioner_roles", "roller", _roles(profile)) or []
    item["municipality_code"] = reader.get("municipality_code", "kommuneNr", values.text)
    item["district_code"] = reader.get("district_code", "bydelNr", values.text)
    item["breastfeeding"] = reader.get(
        "breastfeeding", "ammestatus", _code(profile, "breastfeeding")
    )
    item["maternity_discharge_date"] = reader.get(
        "maternity_discharge_date", "hjemkomstdato", _day(profile)
    )
    group = reader.part("gruppe", ("group_id", "group_size"))
    item["group_id"] = group.get("group_id", "gruppeId", values.text)
    item["group_size"] = group.get("group_size", "antall", values.integer)
    _measures(reader.part("maalinger", _MEASURES), item, profile)
    item["unreadable"] = reader.unreadable
    return item


def map_appointment(source: Mapping[str, Any], profile: Profile) -> Item:
    """An upsert of an appointment."""
    reader = _Reader(source)
    item: Item = {"operation": Operation.UPSERT}
    item["appointment_id"] = reader.get("appointment_id", "avtaleId", values.text)
    _start(reader, item, with_precision=False)
    _shared(reader, item, profile)
    item["unreadable"] = reader.unreadable
    return item


class _Reader:
    """Takes fields out of a JSON object and notes the ones it could not."""

    def __init__(self, source: Mapping[str, Any], unreadable: list[str] | None = None) -> None:
        self.source = source
        self.unreadable: list[str] = [] if unreadable is None else unreadable

    def get(self, name: str, key: str, convert: Callable[[object], _T | None]) -> _T | None:
        try:
            return convert(self.source.get(key))
        except UnreadableValueError:
            self.unreadable.append(name)
            return None

    def part(self, key: str, names: tuple[str, ...]) -> _Reader:
        """An object inside; if something else stands there, all its fields are unreadable."""
        found = self.source.get(key)
        if isinstance(found, dict):
            return _Reader(found, self.unreadable)
        if found is not None:
            self.unreadable.extend(names)
        return _Reader({}, self.unreadable)


def _start(reader: _Reader, item: Item, *, with_precision: bool) -> None:
    start = reader.get("start", "datoTid", values.instant)
    item["start"] = start and start.micros
    item["start_offset_minutes"] = start and start.offset_minutes
    if with_precision:
        item["time_precision"] = start and ("date" if start.whole_day else "minute")


def _shared(reader: _Reader, item: Item, profile: Profile) -> None:
    """What a consultation and an appointment have in common."""
    local_type = reader.get("consultation_type", "konsultasjonType", values.text)
    known = profile.codes.get("consultation_type", {})
    item["consultation_type"] = known.get(local_type, local_type) if local_type else None
    item["local_consultation_type"] = reader.get(
        "local_consultation_type", "lokalKonsultasjonType", values.text
    )
    item["attendance"] = reader.get("attendance", "oppmoteStatus", _code(profile, "attendance"))
    department = reader.part("avdeling", ("department_id",))
    item["department_id"] = department.get("department_id", "lokalenhetId", values.text)
    person = reader.part("person", (*_PERSON, "birth_date", "sex"))
    for name, key in _PERSON.items():
        item[name] = person.get(name, key, values.text)
    item["birth_date"] = person.get("birth_date", "fodselsdato", _day(profile))
    item["sex"] = person.get("sex", "kjonn", _code(profile, "sex"))


def _measures(reader: _Reader, item: Item, profile: Profile) -> None:
    item["weight_g"] = reader.get("weight_g", "vekt", _measure(profile.weight_unit.value))
    item["length_mm"] = reader.get("length_mm", "lengde", _measure(profile.length_unit.value))
    item["length_position"] = reader.get(
        "length_position", "lengdestilling", _code(profile, "length_position")
    )
    item["head_circumference_mm"] = reader.get(
        "head_circumference_mm", "hodeomkrets", _measure(profile.length_unit.value)
    )
    for name, key in _REASONS.items():
        item[name] = reader.get(name, key, _code(profile, name))


def _measure(factor: int) -> Callable[[object], int | None]:
    return lambda value: values.quantity(value, factor=factor)


def _day(profile: Profile) -> Callable[[object], int | None]:
    return lambda value: values.day(value, day_first=profile.day_first_dates)


def _code(profile: Profile, name: str) -> Callable[[object], str | None]:
    table = profile.codes.get(name, {})

    def convert(value: object) -> str | None:
        local = values.text(value)
        return None if local is None else table.get(local, local)

    return convert


def _roles(profile: Profile) -> Callable[[object], list[str] | None]:
    code = _code(profile, "practitioner_roles")

    def convert(value: object) -> list[str] | None:
        if value is None:
            return None
        if not isinstance(value, list):
            raise UnreadableValueError
        return [role for role in map(code, value) if role is not None]

    return convert
