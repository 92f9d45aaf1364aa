"""Small FHIR resources for the tests. Every id in them is synthetic."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kpr_stream.connectors.fhir.rules import FhirRules, fhir_rules
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.mapping.systems import profile_of
from kpr_stream.connectors.mapping.table import table_of
from kpr_stream.connectors.source.fhir_folder import FhirFolder
from kpr_stream.model.words import System
from tests.unit.connectors.exports import FNR, OTHER_UNIT, UNIT

HP = System.HELSEPLATTFORMEN
NAME = "000001_FHIR_2025-01_20250201T040000Z"
KEY = bytes(range(32))
Json = dict[str, Any]


def rules(*, own_codes: bool = False) -> FhirRules:
    """The rules of Helseplattformen, without the simulator's codes unless they are wanted."""
    rows = table_of(HP).fhir
    assert rows is not None
    return fhir_rules(rows, synthetic_profile(HP) if own_codes else profile_of(HP))


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def organization(org_nr: str = UNIT, **more: Any) -> Json:
    municipality = {
        "url": "http://hl7.no/fhir/StructureDefinition/no-basis-municipalitycode",
        "valueCoding": {"system": "urn:oid:2.16.578.1.12.4.1.1.3402", "code": "5001"},
    }
    return {
        "resourceType": "Organization",
        "id": f"o-{org_nr}",
        "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.101", "value": org_nr}],
        "address": [{"_district": {"extension": [municipality]}}],
        **more,
    }


def patient(**more: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": "p-1",
        "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": FNR}],
        "birthDate": "2024-11-26",
        "gender": "female",
        "name": [{"family": "Not Collected"}],
        **more,
    }


def encounter(**more: Any) -> Json:
    return {
        "resourceType": "Encounter",
        "id": "e-1",
        "meta": {"versionId": "1"},
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p-1"},
        "period": {"start": "2025-01-07T10:15:00+01:00", "end": "2025-01-07T10:55:00+01:00"},
        "serviceProvider": {"reference": f"Organization/o-{UNIT}"},
        **more,
    }


def appointment(**more: Any) -> Json:
    return {
        "resourceType": "Appointment",
        "id": "a-1",
        "status": "noshow",
        "start": "2025-01-07T10:15:00+01:00",
        "participant": [
            {"actor": {"reference": "HealthcareService/s-1"}},
            {"actor": {"reference": "Patient/p-1"}},
        ],
        **more,
    }


def service() -> Json:
    return {
        "resourceType": "HealthcareService",
        "id": "s-1",
        "providedBy": {"reference": f"Organization/o-{UNIT}"},
    }


def weight(value: object = 4.71, code: str = "kg", **more: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": "w-1",
        "status": "final",
        "code": concept("http://loinc.org", "29463-7"),
        "encounter": {"reference": "Encounter/e-1"},
        "valueQuantity": {
            "value": value,
            "system": "http://unitsofmeasure.org",
            "code": code,
        },
        **more,
    }


def bundle(*resources: Json, **more: Any) -> Json:
    entries = [one if "request" in one else {"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **more}


def write_bundle(folder: Path, *resources: Json, name: str = NAME) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(bundle(*resources)), "utf-8")
    return path


def write_lines(folder: Path, *resources: Json, name: str = NAME) -> Path:
    """A folder with a file for each type, as a bulk export writes it."""
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    for kind in {one["resourceType"] for one in resources}:
        lines = (json.dumps(one) for one in resources if one["resourceType"] == kind)
        (path / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", "utf-8")
    return path


def folder_source(folder: Path, *, own_codes: bool = False) -> FhirFolder:
    return FhirFolder(folder, rules(own_codes=own_codes), KEY, synthetic_units=True)


def items_in(folder: Path) -> list[Json]:
    """Every item of every snapshot of a folder."""
    return [item for made in _made(folder) for item in made.items]


def left_out_of(folder: Path) -> list[str]:
    """What is reported of every snapshot of a folder."""
    found = []
    for series in folder_source(folder).series():
        for pending in series.pending:
            document = pending.open()
            for part in document.parts(None):
                found += [*part.left_out, *part.make().left_out]
    return [f"{one.pointer}: {one.problem}" for one in found]


def _made(folder: Path) -> Iterable[Any]:
    for series in folder_source(folder).series():
        for pending in series.pending:
            document = pending.open()
            try:
                for part in document.parts(None):
                    yield part.make()
            finally:
                document.close()


__all__ = ["FNR", "OTHER_UNIT", "UNIT"]
