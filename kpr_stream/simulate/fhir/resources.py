"""Render visits, appointments, persons and units as FHIR R4 resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kpr_stream.connectors.fhir.encounter import WITHDRAWN
from kpr_stream.connectors.fhir.measures import UCUM
from kpr_stream.connectors.fhir.units import DISTRICT, MUNICIPALITY
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.model.words import MessageType
from kpr_stream.simulate.fhir.states import Kept, State
from kpr_stream.simulate.small.entries import UNREADABLE_MEASURE
from kpr_stream.simulate.small.places import Unit

Json = dict[str, Any]
NUMBERS = {
    "fnr": "urn:oid:2.16.578.1.12.4.1.4.1",
    "dnr": "urn:oid:2.16.578.1.12.4.1.4.2",
    "duf": "urn:oid:2.16.578.1.12.4.1.4.5",
}
ENH = "urn:oid:2.16.578.1.12.4.1.4.101"
CLASSES = {"PERSONLIG": "AMB", "HJEMMEBESOK": "HH"}
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
GENDERS = {"1": "male", "2": "female", "9": "other", "0": "unknown"}
LOINC = "http://loinc.org"
LENGTHS = {"LIGGENDE": "8306-3", "STAENDE": "8308-9", None: "8302-2"}
FEEDING = {"system": "http://snomed.info/sct", "code": "169740003"}
ANOTHER_UNIT = "[lb_av]"
"""A unit that the register does not take: what a text in a number's place is in another format."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders for one system, with its codes and identifiers."""

    profile: Profile
    unit: Unit

    def resources(self, state: State) -> Iterator[Json]:
        """Yield the resources of a unit's snapshot, those first that others refer to."""
        yield from self._organizations()
        kept = [one for ones in state.kept.values() for one in ones]
        people: dict[str, Json] = {}
        for one in kept:
            content = one.entry.content or {}
            if content.get("person_local_id") is not None:
                people[content["person_local_id"]] = self._patient(content)
        yield from people.values()
        appointments = state.kept[MessageType.APPOINTMENT]
        there = {one.entry.local_id: one.resource for one in appointments}
        for one in appointments:
            yield self._appointment(one)
        for one in state.kept[MessageType.CONSULTATION]:
            yield from self._encounter(one, there)

    def _organizations(self) -> Iterator[Json]:
        unit = self.unit
        place = {"url": MUNICIPALITY, "valueCoding": {"code": unit.municipality_code}}
        address: Json = {"_district": {"extension": [place]}}
        if unit.district_code is not None:
            district = {"url": DISTRICT, "valueCoding": {"code": unit.district_code}}
            address["extension"] = [district]
        yield {
            "resourceType": "Organization",
            "id": f"o-{unit.org_nr}",
            "identifier": [{"system": ENH, "value": unit.org_nr}],
            "address": [address],
        }
        for number in range(1, 4):
            yield {
                "resourceType": "Organization",
                "id": f"o-{unit.org_nr}-avd-{number}",
                "identifier": [{"value": f"avd-{number}"}],
                "partOf": {"reference": f"Organization/o-{unit.org_nr}"},
            }
            yield {
                "resourceType": "HealthcareService",
                "id": f"s-{unit.org_nr}-avd-{number}",
                "providedBy": {"reference": f"Organization/o-{unit.org_nr}-avd-{number}"},
            }

    def _patient(self, content: Mapping[str, Any]) -> Json:
        local_id = content["person_local_id"]
        numbers = [
            {"system": system, "value": content[name]}
            for name, system in NUMBERS.items()
            if content.get(name) is not None
        ]
        found: Json = {
            "resourceType": "Patient",
            "id": self._person(local_id),
            "identifier": [self._identifier("person_local_id", local_id), *numbers],
        }
        born: date | None = content.get("birth_date")
        if born is not None:
            found["birthDate"] = born.isoformat()
        if content.get("sex") is not None:
            found["gender"] = GENDERS[content["sex"]]
        return found

    def _appointment(self, one: Kept) -> Json:
        content = one.entry.content or {}
        found = self._start_of("Appointment", one, "appointment_id")
        found["status"] = WITHDRAWN if one.withdrawn else "booked"
        if content:
            found["appointmentType"] = self._concept(
                self._coding("consultation_type", content["consultation_type"]),
                self._coding("attendance", content["attendance"]),
            )
            service = f"HealthcareService/s-{self.unit.org_nr}-{content['department_id']}"
            found["participant"] = [{"actor": {"reference": service}}]
            if content.get("person_local_id") is not None:
                patient = {"reference": f"Patient/{self._person(content['person_local_id'])}"}
                found["participant"].append({"actor": patient})
            if (start := content.get("start")) is not None:
                found["start"] = _instant(start)
        else:
            service = f"HealthcareService/s-{self.unit.org_nr}-avd-1"
            found["participant"] = [{"actor": {"reference": service}}]
        return found

    def _encounter(self, one: Kept, appointments: Mapping[str | None, str]) -> Iterator[Json]:
        content = one.entry.content or {}
        found = self._start_of("Encounter", one, "consultation_id")
        attended = content.get("attendance")
        found["status"] = (
            WITHDRAWN if one.withdrawn else "finished" if attended == "MOTT" else "cancelled"
        )
        department = content.get("department_id", "avd-1")
        provider = f"Organization/o-{self.unit.org_nr}-{department}"
        found["serviceProvider"] = {"reference": provider}
        if content:
            self._fill_encounter(found, content, appointments)
        yield found
        yield from self._observations(one, content)

    def _fill_encounter(
        self, found: Json, content: Mapping[str, Any], appointments: Mapping[str | None, str]
    ) -> None:
        form = content["contact_form"]
        found["class"] = {"system": ACT_CODE, "code": CLASSES.get(form, "AMB")}
        names = ["consultation_type", "programme_step"]
        names += ["contact_form"] if form not in CLASSES else []
        names += ["attendance"] if content["attendance"] != "MOTT" else []
        found["type"] = [
            self._concept(self._coding(name, content[name])) for name in names if name in content
        ]
        found["serviceType"] = self._concept(self._coding("service", content["service"]))
        found["participant"] = [
            {"type": [self._concept(self._coding("practitioner_roles", role))]}
            for role in content.get("practitioner_roles", [])
        ]
        if content.get("person_local_id") is not None:
            found["subject"] = {"reference": f"Patient/{self._person(content['person_local_id'])}"}
        if (start := content.get("start")) is not None:
            found["period"] = {"start": _instant(start)}
        if "duration_minutes" in content:
            minutes = content["duration_minutes"]
            found["length"] = {"value": minutes, "unit": "min", "system": UCUM, "code": "min"}
        if (appointment := content.get("appointment_id")) is not None:
            named: Json = {"identifier": self._identifier("appointment_id", appointment)}
            if appointment in appointments:
                named["reference"] = f"Appointment/{appointments[appointment]}"
            found["appointment"] = [named]

    def _observations(self, one: Kept, content: Mapping[str, Any]) -> Iterator[Json]:
        position = content.get("length_position")
        for name, code, value in (
            ("weight", "29463-7", _weight(content.get("weight_g"))),
            ("length", LENGTHS[position], _length(content.get("length_mm"))),
            ("head", "9843-4", _length(content.get("head_circumference_mm"))),
        ):
            if value is not None:
                body = {"code": {"coding": [{"system": LOINC, "code": code}]}, **value}
                yield self._observation(one, name, body)
        if (reason := content.get("weight_reason_not_measured")) is not None:
            absent = self._concept(self._coding("weight_reason_not_measured", reason))
            what = {"coding": [{"system": LOINC, "code": "29463-7"}]}
            yield self._observation(one, "weight", {"code": what, "dataAbsentReason": absent})
        if (status := content.get("breastfeeding")) is not None:
            value = self._concept(self._coding("breastfeeding", status))
            body = {"code": {"coding": [FEEDING]}, "valueCodeableConcept": value}
            yield self._observation(one, "feeding", body)

    def _observation(self, one: Kept, name: str, body: Json) -> Json:
        return {
            "resourceType": "Observation",
            "id": f"{one.resource}-{name}",
            "status": "final",
            "encounter": {"reference": f"Encounter/{one.resource}"},
            **body,
        }

    def _start_of(self, kind: str, one: Kept, id_name: str) -> Json:
        found: Json = {"resourceType": kind, "id": one.resource}
        if one.entry.local_id is not None:
            found["identifier"] = [self._identifier(id_name, one.entry.local_id)]
        return found

    def _person(self, local_id: str) -> str:
        return f"p-{self.unit.org_nr}-{local_id}"

    def _identifier(self, name: str, value: str) -> Json:
        return {"system": self.profile.id_systems[name], "value": value}

    def _coding(self, name: str, code: str) -> Json:
        ours = {theirs: local for local, theirs in self.profile.codes.get(name, {}).items()}
        return {"system": self.profile.code_systems[name], "code": ours.get(code, code)}

    @staticmethod
    def _concept(*codings: Json) -> Json:
        return {"coding": list(codings)}


def _weight(grams: object) -> Json | None:
    """Return a weight: whole kilograms and hundreds of grams in kg, others in g, as both occur."""
    if grams is None:
        return None
    if grams == UNREADABLE_MEASURE or not isinstance(grams, int):
        return _quantity(8, ANOTHER_UNIT)
    return _quantity(grams / 1000, "kg") if grams % 100 == 0 else _quantity(grams, "g")


def _length(millimetres: object) -> Json | None:
    if millimetres is None:
        return None
    if millimetres == UNREADABLE_MEASURE or not isinstance(millimetres, int):
        return _quantity(8, ANOTHER_UNIT)
    return _quantity(millimetres / 10, "cm")


def _quantity(value: float, code: str) -> Json:
    return {"valueQuantity": {"value": value, "unit": code, "system": UCUM, "code": code}}


def _instant(start: datetime) -> str:
    return start.isoformat()
