"""Render an entry as the JSON of an EPJ, with its codes, units, dates, clocks and ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from kpr_stream.connectors.mapping.profile import Clock, Profile
from kpr_stream.model.words import MessageType, Operation
from kpr_stream.simulate.small.calendar import Slot
from kpr_stream.simulate.small.entries import Entry
from kpr_stream.simulate.small.places import Unit

Json = dict[str, Any]

FILE_TYPE = {
    MessageType.CONSULTATION: "HST_Konsultasjon",
    MessageType.APPOINTMENT: "HST_Avtale",
}
_WORD = {MessageType.CONSULTATION: "konsultasjon", MessageType.APPOINTMENT: "avtale"}
_PERSON = {
    "person_local_id": "personId",
    "fnr": "fodselsNr",
    "dnr": "dNr",
    "duf": "dufNr",
    "sex": "kjonn",
}
_PLAIN = {
    "appointment_id": "avtaleId",
    "grade": "skoletrinn",
    "duration_minutes": "varighetMinutter",
}
_CODED = {
    "service": "tjeneste",
    "consultation_type": "konsultasjonType",
    "contact_form": "kontaktform",
    "attendance": "oppmoteStatus",
    "programme_step": "programtrinn",
    "breastfeeding": "ammestatus",
}


def file_name(number: int, message_type: MessageType, slot: Slot) -> str:
    """Return the name of an export file."""
    first, last = slot.period_from, slot.period_to
    period = first.isoformat() if first == last else f"{first:%Y-%m}"
    return f"{number:06}_{FILE_TYPE[message_type]}_{period}_{slot.extracted_at:%Y%m%dT%H%M%SZ}.json"


def unit_json(unit: Unit, message_type: MessageType, slot: Slot, profile: Profile) -> Json:
    """Return the JSON object of one unit in one file."""
    word = _WORD[message_type]
    return {
        "orgNr": _id(unit.org_nr, profile),
        "kommuneNr": _id(unit.municipality_code, profile),
        "bydelNr": unit.district_code,
        f"slett{word.capitalize()}": [_deletion(entry, profile) for entry in slot.deletions],
        word: [_upsert(entry, profile) for entry in slot.upserts],
    }


def _deletion(entry: Entry, profile: Profile) -> Json:
    key = f"{_WORD[entry.message_type]}Id"
    local_id = _local_id(entry.local_id, profile)
    return {key: local_id, "erSlettet": entry.operation is Operation.DELETE}


def _upsert(entry: Entry, profile: Profile) -> Json:
    content = entry.content or {}
    found: Json = {
        f"{_WORD[entry.message_type]}Id": _local_id(entry.local_id, profile),
        "datoTid": _instant(content.get("start"), profile),
        "journalId": f"J-{content.get('person_local_id')}",
        "avdeling": {"lokalenhetId": content.get("department_id"), "lokalNavn": "Avdelingens navn"},
        "person": _person(content, profile),
    }
    found |= {
        key: _code(name, content[name], profile) for name, key in _CODED.items() if name in content
    }
    found |= {key: content[name] for name, key in _PLAIN.items() if name in content}
    if roles := content.get("practitioner_roles"):
        found["roller"] = [_code("practitioner_roles", role, profile) for role in roles]
    if "group_id" in content:
        found["gruppe"] = {"gruppeId": content["group_id"], "antall": content["group_size"]}
    if "municipality_code" in content:
        found["kommuneNr"] = _id(content["municipality_code"], profile)
    if "maternity_discharge_date" in content:
        found["hjemkomstdato"] = _day(content["maternity_discharge_date"], profile)
    if measures := _measures(content, profile):
        found["maalinger"] = measures
    return found


def _person(content: Mapping[str, Any], profile: Profile) -> Json:
    found: Json = {key: content.get(name) for name, key in _PERSON.items()}
    for key in ("fodselsNr", "dNr", "dufNr"):
        found[key] = _id(found[key], profile)
    found["fodselsdato"] = _day(content.get("birth_date"), profile)
    return found


def _measures(content: Mapping[str, Any], profile: Profile) -> Json:
    length = profile.length_unit.value
    found = {
        "vekt": _measure(content.get("weight_g"), profile.weight_unit.value, profile),
        "lengde": _measure(content.get("length_mm"), length, profile),
        "hodeomkrets": _measure(content.get("head_circumference_mm"), length, profile),
        "vektIkkeMaalt": content.get("weight_reason_not_measured"),
    }
    if position := content.get("length_position"):
        found["lengdestilling"] = _code("length_position", position, profile)
    return {key: value for key, value in found.items() if value is not None}


def _measure(value: object, factor: int, profile: Profile) -> object:
    if not isinstance(value, int) or factor == 1:
        return value
    number = Decimal(value) / factor
    return f"{number:f}".replace(".", ",") if profile.decimal_comma else float(number)


def _code(name: str, code: str, profile: Profile) -> str | int:
    """Return the system's own code. Attendance in digits is a number, as in the public message."""
    local = {theirs: ours for ours, theirs in profile.codes.get(name, {}).items()}.get(code, code)
    return int(local) if local.isdigit() and name == "attendance" else local


def local_code(name: str, code: str, profile: Profile) -> str:
    """Return the system's own code of a field, as JSON."""
    return json.dumps(_code(name, code, profile), ensure_ascii=False)


def _id(number: str | None, profile: Profile) -> str | int | None:
    return int(number) if number is not None and profile.ids_as_numbers else number


def _local_id(local_id: str | None, profile: Profile) -> str | int | None:
    return _id(local_id, profile) if local_id is None or local_id.isdigit() else local_id


def _day(day: date | None, profile: Profile) -> str | None:
    if day is None:
        return None
    return f"{day:%d.%m.%Y}" if profile.day_first_dates else day.isoformat()


def _instant(start: datetime | None, profile: Profile) -> str | None:
    if start is None:
        return None
    if profile.clock is Clock.UTC:
        return f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    local = f"{start:%Y-%m-%dT%H:%M:%S}"
    if profile.clock is Clock.LOCAL:
        return local
    offset = f"{start:%z}"
    return f"{local}.0000000{offset[:3]}:{offset[3:]}"
