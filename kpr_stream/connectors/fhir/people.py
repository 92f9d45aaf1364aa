"""Map a Patient to the person fields of an item. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kpr_stream.connectors.export import values
from kpr_stream.connectors.export.values import UnreadableValueError
from kpr_stream.connectors.fhir.elements import codings, inner, objects, word
from kpr_stream.connectors.fhir.rules import FhirRules
from kpr_stream.connectors.mapping.items import Item

GENDER: Final = "http://hl7.org/fhir/administrative-gender"
LOCAL_NUMBER: Final = ("urn:oid:2.16.578.1.12.4.1.1.8327", "HNR")
"""Type of an identifier that is a help number of one organisation: never a national number."""


def own_id(resource: Mapping[str, Any], name: str, rules: FhirRules) -> str | None:
    """Return the local id of a resource: the identifier of the vendor's system, or its id."""
    system = rules.id_systems.get(name)
    if system is None:
        return word(resource.get("id"))
    for one in objects(resource.get("identifier")):
        if one.get("system") == system:
            return word(one.get("value"))
    return None


def put_person(item: Item, patient: Mapping[str, Any], rules: FhirRules) -> None:
    """Fill the person fields; a value that cannot be read is named in ``unreadable``."""
    item["person_local_id"] = own_id(patient, "person_local_id", rules)
    for name, numbers in _numbers(patient, rules).items():
        if len(numbers) == 1:
            item[name] = numbers.pop()
        else:
            item["unreadable"].append(name)
    try:
        item["birth_date"] = values.day(patient.get("birthDate"), day_first=False)
    except UnreadableValueError:
        item["unreadable"].append("birth_date")
    gender = patient.get("gender")
    if gender is not None:
        item["sex"] = rules.code("sex", [(GENDER, word(gender) or "")])
        if item["sex"] is None:
            item["unreadable"].append("sex")


def _numbers(patient: Mapping[str, Any], rules: FhirRules) -> dict[str, set[str]]:
    """Return the numbers of a person that are not old, by field."""
    found: dict[str, set[str]] = {}
    for one in objects(patient.get("identifier")):
        if one.get("use") == "old" or inner(one, "period", "end") is not None:
            continue
        local = LOCAL_NUMBER in codings(one.get("type"))
        name = "h_number" if local else rules.identifiers.get(word(one.get("system")) or "")
        value = word(one.get("value"))
        if name in _FIELDS and value is not None:
            found.setdefault(name, set()).add(value)
    return found


_FIELDS: Final = frozenset({"fnr", "dnr", "duf", "fh_number", "h_number"})
