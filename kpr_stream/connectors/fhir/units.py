"""Find the unit of an Encounter or Appointment: the Organization that has an organisation number.

An Organization without a number of its own is a department of the one it is part of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kpr_stream.connectors.export.values import padded
from kpr_stream.connectors.fhir.elements import inner, objects, reference, word
from kpr_stream.connectors.fhir.index import Index, Indexed
from kpr_stream.connectors.fhir.rules import ENH, FhirRules
from kpr_stream.model.org_numbers import is_org_nr

LEVELS: Final = 10
"""Organizations inside each other that are followed: a circle must end."""
MUNICIPALITY: Final = "http://hl7.no/fhir/StructureDefinition/no-basis-municipalitycode"
DISTRICT: Final = "http://hl7.no/fhir/StructureDefinition/no-basis-urban-district"


@dataclass(frozen=True, slots=True)
class FhirUnit:
    """A unit, and the department below it if the reference led to one."""

    org_nr: str
    municipality_code: str
    district_code: str | None
    place: Indexed
    department: Indexed | None = None


class NoUnitError(ValueError):
    """No unit can be found. ``pointer`` leads to the element, in the resource that has it."""

    def __init__(self, at: Indexed, pointer: str, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.pointer = pointer
        self.why = why


def unit_of(index: Index, one: Indexed, rules: FhirRules, *, synthetic: bool) -> FhirUnit:
    """Return the unit of an Encounter or Appointment; NoUnitError says where the way ends."""
    pointer, start = _provider(index, one)
    return _above(index, one, pointer, start, rules, synthetic=synthetic)


def _provider(index: Index, one: Indexed) -> tuple[str, str]:
    """Return where the organisation is named, and its reference."""
    if one.key.startswith("Encounter/"):
        found = reference(one.body.get("serviceProvider"))
        if found is None:
            raise NoUnitError(one, "/serviceProvider", "no organization is named")
        return "/serviceProvider/reference", found
    for at, participant in enumerate(objects(one.body.get("participant"))):
        key = index.key_of(reference(participant.get("actor")) or "")
        way = _WAYS.get((key or "").partition("/")[0])
        found_at = index.get(key) if key is not None and way is not None else None
        named = reference(found_at.body.get(way)) if found_at is not None and way else None
        if named is not None:
            return f"/participant/{at}/actor/reference", named
    raise NoUnitError(one, "/participant", "no service or location of an organization takes part")


_WAYS: Final = {"HealthcareService": "providedBy", "Location": "managingOrganization"}


def _above(
    index: Index, one: Indexed, pointer: str, start: str, rules: FhirRules, *, synthetic: bool
) -> FhirUnit:
    at, named, department = one, start, None
    for _ in range(LEVELS):
        key = index.key_of(named)
        found = index.get(key) if key is not None and key.startswith("Organization/") else None
        if found is None:
            raise NoUnitError(at, pointer, "the organization is not in the snapshot")
        number = _number(found.body, rules)
        if number is not None:
            if not is_org_nr(number, synthetic_too=synthetic):
                raise NoUnitError(found, "/identifier", "the organisation number is not valid")
            municipality = _area(found.body, MUNICIPALITY, of="_district", width=4)
            if municipality is None:
                raise NoUnitError(found, "/address", "there is no municipality code of 4 digits")
            district = _area(found.body, DISTRICT, of=None, width=6)
            return FhirUnit(number, municipality, district, found, department)
        department = department or found
        above = reference(found.body.get("partOf"))
        if above is None:
            raise NoUnitError(found, "/identifier", "there is no organisation number")
        at, pointer, named = found, "/partOf/reference", above
    raise NoUnitError(at, pointer, f"more than {LEVELS} organizations are inside each other")


def _number(organization: Mapping[str, Any], rules: FhirRules) -> str | None:
    for one in objects(organization.get("identifier")):
        if rules.identifiers.get(word(one.get("system")) or "") == ENH:
            return word(one.get("value"))
    return None


def _area(organization: Mapping[str, Any], url: str, *, of: str | None, width: int) -> str | None:
    """Return the code in an extension of an address; None if it is not digits of that width."""
    for address in objects(organization.get("address")):
        holder = address if of is None else address.get(of)
        for extension in objects(inner(holder, "extension")):
            if extension.get("url") == url:
                code = word(inner(extension, "valueCoding", "code"))
                found = None if code is None else padded(code, width)
                if found is not None:
                    return found
    return None
