"""A snapshot's resources are mapped by the rows of the table; what cannot be is reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.connectors.fhir import index as index_module
from kpr_stream.connectors.fhir.split import FhirEntry
from kpr_stream.errors import ExportError
from kpr_stream.model.limits import MAX_OBSERVATIONS
from tests.unit.connectors.fhir.resources import (
    FNR,
    HP,
    UNIT,
    appointment,
    bundle,
    concept,
    encounter,
    folder_source,
    items_in,
    left_out_of,
    organization,
    patient,
    rules,
    service,
    weight,
    write_bundle,
    write_lines,
)

LOINC = "http://loinc.org"
SCT = "http://snomed.info/sct"


def one(folder: Path, *resources: dict[str, Any]) -> dict[str, Any]:
    """The one item of a snapshot with a unit, a person and these resources."""
    write_bundle(folder, organization(), patient(), *resources)
    (item,) = items_in(folder)
    return item


@pytest.mark.parametrize("write", [write_bundle, write_lines])
def test_an_encounter_is_a_consultation(tmp_path: Path, write: Any) -> None:
    write(tmp_path, encounter(), weight(), patient(), organization())
    (item,) = items_in(tmp_path)
    assert {name: value for name, value in item.items() if value not in (None, [])} == {
        "operation": "upsert",
        "consultation_id": "e-1",
        "start": 1_736_241_300_000_000,
        "start_offset_minutes": 60,
        "time_precision": "minute",
        "duration_minutes": 40,
        "contact_form": "PERSONLIG",
        "attendance": "MOTT",
        "person_local_id": "p-1",
        "fnr": FNR,
        "birth_date": 20_053,
        "sex": "2",
        "weight_g": 4710,
    }


@pytest.mark.parametrize(
    ("status", "operations"),
    [
        ("finished", ["upsert"]),
        ("cancelled", ["upsert"]),
        ("entered-in-error", ["delete"]),
        ("planned", []),
        ("in-progress", []),
        (None, []),
    ],
)
def test_an_encounter_is_sent_when_it_has_ended(
    tmp_path: Path, status: str | None, operations: list[str]
) -> None:
    write_bundle(tmp_path, organization(), patient(), encounter(status=status))
    assert [item["operation"] for item in items_in(tmp_path)] == operations


@pytest.mark.parametrize(
    ("status", "reason", "attendance"),
    [
        ("noshow", None, "IKKE_MOTT"),
        ("booked", None, "PLANLAGT"),
        ("fulfilled", None, "MOTT"),
        ("cancelled", "pat", "AVBESTILT_AV_BRUKER"),
        ("cancelled", "prov", "AVLYST_AV_TJENESTEN"),
        ("cancelled", None, None),
    ],
)
def test_an_appointment_says_who_came(
    tmp_path: Path, status: str, reason: str | None, attendance: str | None
) -> None:
    system = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
    more = {} if reason is None else {"cancelationReason": concept(system, reason)}
    booked = appointment(status=status, **more)
    write_bundle(tmp_path, organization(), patient(), service(), booked)
    (item,) = items_in(tmp_path)
    assert (item["appointment_id"], item["attendance"], item["fnr"]) == ("a-1", attendance, FNR)


def test_a_cancelled_encounter_has_the_attendance_of_its_appointment(tmp_path: Path) -> None:
    visit = encounter(status="cancelled", appointment=[{"reference": "Appointment/a-1"}])
    write_bundle(tmp_path, organization(), patient(), service(), appointment(), visit)
    found = {item.get("consultation_id"): item for item in items_in(tmp_path)}
    assert found["e-1"]["attendance"] == "IKKE_MOTT"
    assert found["e-1"]["appointment_id"] == "a-1"


@pytest.mark.parametrize(
    ("value", "code", "grams"),
    [(4.71, "kg", 4710), (4710, "g", 4710), (4.7105, "kg", 4711), ("4,71", "kg", 4710)],
)
def test_a_weight_is_in_grams(tmp_path: Path, value: object, code: str, grams: int) -> None:
    assert one(tmp_path, encounter(), weight(value, code))["weight_g"] == grams


@pytest.mark.parametrize(
    "wrong",
    [
        weight(10, "[lb_av]"),
        weight(10, "KG"),
        weight(10, "kg") | {"valueQuantity": {"value": 10, "unit": "kg"}},
        weight("ca. 8"),
        weight(True),
        weight() | {"valueQuantity": [4]},
        weight() | {"valueQuantity": weight()["valueQuantity"] | {"comparator": "<"}},
    ],
)
def test_another_unit_is_reported_and_not_guessed(tmp_path: Path, wrong: dict[str, Any]) -> None:
    item = one(tmp_path, encounter(), wrong)
    assert (item["weight_g"], item["unreadable"]) == (None, ["weight_g"])


@pytest.mark.parametrize(
    ("code", "more", "position"),
    [
        ("8306-3", {}, "LIGGENDE"),
        ("8308-9", {}, "STAENDE"),
        ("8302-2", {}, None),
        ("8302-2", {"extension": [{"valueCodeableConcept": concept(SCT, "10904000")}]}, "STAENDE"),
    ],
)
def test_a_length_says_how_it_was_measured(
    tmp_path: Path, code: str, more: dict[str, Any], position: str | None
) -> None:
    length = weight(57.5, "cm") | {"code": concept(LOINC, code), **more}
    item = one(tmp_path, encounter(), length)
    assert (item["length_mm"], item["length_position"]) == (575, position)


def test_a_length_in_metres_is_reported(tmp_path: Path) -> None:
    length = weight(0.575, "m") | {"code": concept(LOINC, "8302-2")}
    assert one(tmp_path, encounter(), length)["unreadable"] == ["length_mm"]


def test_of_two_weights_the_later_counts_and_two_as_late_are_reported(tmp_path: Path) -> None:
    early = weight(4, effectiveDateTime="2025-01-07T10:20:00+01:00")
    late = weight(5, id="w-2", effectiveDateTime="2025-01-07T09:25:00Z")
    assert one(tmp_path / "a", encounter(), late, early)["weight_g"] == 5000
    item = one(tmp_path / "b", encounter(), weight(4), weight(5, id="w-2"))
    assert (item["weight_g"], item["unreadable"]) == (None, ["weight_g"])
    assert one(tmp_path / "c", encounter(), weight(4), weight(4, id="w-2"))["weight_g"] == 4000
    withdrawn = weight(5, id="w-2", status="entered-in-error")
    assert one(tmp_path / "d", encounter(), weight(4), withdrawn)["weight_g"] == 4000


def test_why_nothing_was_measured_and_how_a_child_is_fed(tmp_path: Path) -> None:
    absent = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "asked-declined")
    missing = weight(dataAbsentReason=absent)
    del missing["valueQuantity"]
    feeding = weight(id="f-1") | {
        "code": concept(SCT, "169740003"),
        "valueCodeableConcept": concept(SCT, "1145307003"),
    }
    item = one(tmp_path, encounter(), missing, feeding)
    assert item["weight_reason_not_measured"] == "IKKE_ONSKET"
    assert item["breastfeeding"] == "FULLAMMET"


def test_numbers_are_known_by_their_system_and_a_local_one_is_never_national(
    tmp_path: Path,
) -> None:
    local = {
        "type": concept("urn:oid:2.16.578.1.12.4.1.1.8327", "HNR"),
        "system": "urn:oid:2.16.578.1.12.4.1.4.1",
        "value": "01410178928",
    }
    old = {"use": "old", "system": "urn:oid:2.16.578.1.12.4.1.4.2", "value": "41810178928"}
    other = {"system": "urn:oid:1.2.3", "value": FNR}
    person = patient(identifier=[local, old, other])
    write_bundle(tmp_path, organization(), person, encounter())
    (item,) = items_in(tmp_path)
    assert (item["fnr"], item["dnr"], item["h_number"]) == (None, None, "01410178928")


def test_two_numbers_of_one_kind_are_reported(tmp_path: Path) -> None:
    system = "urn:oid:2.16.578.1.12.4.1.4.1"
    two = [{"system": system, "value": FNR}, {"system": system, "value": "02810178900"}]
    write_bundle(tmp_path, organization(), patient(identifier=two), encounter())
    (item,) = items_in(tmp_path)
    assert (item["fnr"], item["unreadable"]) == (None, ["fnr"])


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("Patient/p-1", None),
        ("Patient/p-1/_history/3", None),
        ("https://a.example/fhir/Patient/p-1", None),
        ("https://a.example/fhir/Patient/p-1", "https://a.example/fhir/Patient/p-1"),
        ("Patient/p-1", "https://a.example/fhir/Patient/p-1"),
        ("urn:uuid:7f1a", "urn:uuid:7f1a"),
    ],
)
def test_references_lead_to_their_resource(tmp_path: Path, reference: str, url: str | None) -> None:
    person = {"resource": patient()} | ({} if url is None else {"fullUrl": url})
    visit = encounter(subject={"reference": reference})
    content = bundle(organization(), visit)
    content["entry"].append(person)
    path = write_bundle(tmp_path)
    path.write_text(json.dumps(content))
    (item,) = items_in(tmp_path)
    assert item["fnr"] == FNR


def test_a_new_resource_of_a_transaction_is_known_by_its_uuid(tmp_path: Path) -> None:
    person = patient()
    del person["id"]
    content = bundle(organization(), encounter(subject={"reference": "urn:uuid:7f1a"}))
    content["entry"].append({"fullUrl": "urn:uuid:7f1a", "resource": person})
    write_bundle(tmp_path).write_text(json.dumps(content | {"type": "transaction"}))
    assert items_in(tmp_path)[0]["fnr"] == FNR


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            {"subject": {"reference": f"Patient/{FNR}"}},
            "/entry/2/resource/subject/reference: Encounter/e-1: the resource is not in",
        ),
        (
            {"subject": {"reference": "https://b.example/Patient/p-9"}},
            "/subject/reference: Encounter/e-1: the resource is not in",
        ),
        ({"subject": {"reference": "#p"}}, "/subject/reference: Encounter/e-1"),
        ({"subject": {"reference": "Ørn/1"}}, "/subject/reference: Encounter/e-1"),
        ({"appointment": [{"reference": "Appointment/a-9"}]}, "/appointment/0/reference"),
        ({"serviceProvider": {"reference": "Organization/x"}}, "/serviceProvider/reference"),
        ({"serviceProvider": None}, "/serviceProvider: Encounter/e-1: no organization is named"),
    ],
)
def test_an_unresolved_reference_names_resource_and_place_and_no_value(
    tmp_path: Path, more: dict[str, Any], problem: str
) -> None:
    good = encounter(id="e-0")
    write_bundle(tmp_path, organization(), patient(), encounter(**more), good)
    (found,) = left_out_of(tmp_path)
    assert problem in found
    assert FNR not in found
    assert [item["consultation_id"] for item in items_in(tmp_path)] == ["e-0"]


def test_an_id_that_could_be_a_national_number_is_not_shown(tmp_path: Path) -> None:
    visit = encounter(id=FNR, subject={"reference": "Patient/none"})
    write_bundle(tmp_path, organization(), visit)
    (found,) = left_out_of(tmp_path)
    assert FNR not in found
    assert "Encounter/(not shown)" in found


def test_a_department_is_below_its_unit(tmp_path: Path) -> None:
    below = {
        "resourceType": "Organization",
        "id": "d-1",
        "identifier": [{"value": "avd-1"}],
        "partOf": {"reference": f"Organization/o-{UNIT}"},
    }
    visit = encounter(serviceProvider={"reference": "Organization/d-1"})
    item = one(tmp_path, below, visit)
    assert item["department_id"] == "avd-1"


@pytest.mark.parametrize(
    ("unit", "problem"),
    [
        (organization("123456789", id=f"o-{UNIT}"), "the organisation number is not valid"),
        (organization(address=[]), "there is no municipality code"),
        (organization(identifier=[]), "there is no organisation number"),
        (
            organization(identifier=[], partOf={"reference": f"Organization/o-{UNIT}"}),
            "more than 10 organizations are inside each other",
        ),
    ],
)
def test_a_unit_that_cannot_be_used_is_reported(
    tmp_path: Path, unit: dict[str, Any], problem: str
) -> None:
    write_bundle(tmp_path, unit, patient(), encounter())
    with pytest.raises(ExportError, match=problem):
        left_out_of(tmp_path)


def test_two_versions_of_a_resource_in_one_snapshot_refuse_it(tmp_path: Path) -> None:
    write_bundle(tmp_path, organization(), patient(), patient(), encounter())
    assert len(items_in(tmp_path)) == 1
    write_bundle(tmp_path, organization(), patient(), patient(gender="male"), encounter())
    with pytest.raises(ExportError, match="/entry/2/resource is the same resource as"):
        items_in(tmp_path)


def test_a_resource_without_a_usable_id_refuses_the_snapshot(tmp_path: Path) -> None:
    for wrong in (None, 7, "", "a b", "x" * 65):
        write_bundle(tmp_path, organization(), encounter(id=wrong))
        with pytest.raises(ExportError, match="/entry/1/resource/id"):
            items_in(tmp_path)


def test_an_encounter_has_a_most_of_observations(tmp_path: Path) -> None:
    many = (weight(id=f"w-{n}") for n in range(MAX_OBSERVATIONS + 1))
    write_bundle(tmp_path, organization(), patient(), encounter(), *many)
    (found,) = left_out_of(tmp_path)
    assert "more than 200 observations" in found


def test_a_snapshot_has_a_most_of_resources() -> None:
    index = index_module.Index(most=2)
    for _ in range(2):
        index.add(FhirEntry("f", "", patient()))
    with pytest.raises(ExportError, match="more than 2 resources"):
        index.add(FhirEntry("f", "", patient()))
    index.close()


def test_names_and_texts_are_not_kept() -> None:
    index = index_module.Index()
    index.add(FhirEntry("f", "", patient(text={"div": "Kari"}, address=[{"line": ["Gata 1"]}])))
    found = index.get("Patient/p-1")
    assert found is not None
    assert found.body.keys() == {"id", "identifier", "birthDate", "gender"}
    index.close()


def test_codes_that_no_row_maps_are_counted(tmp_path: Path) -> None:
    write_bundle(tmp_path, organization(), patient(), encounter(type=[concept(SCT, "185317003")]))
    (series,) = folder_source(tmp_path).series()
    (part,) = series.pending[0].open().parts(None)
    (found,) = part.make().unmapped
    assert (found.field, found.code) == ("Encounter.type", f"{SCT}|185317003")


def test_the_systems_own_codes_are_read_by_their_code_system() -> None:
    own = rules(own_codes=True)
    system = own.code_systems["attendance"]
    assert own.code("attendance", [(system, "1003")]) == "IKKE_MOTT"
    assert own.code("attendance", [(system, "9")]) == "9"
    assert own.code("attendance", [("urn:other", "1003")]) is None
    assert rules().code("attendance", [(system, "1003")]) is None
    assert HP == "helseplattformen"
