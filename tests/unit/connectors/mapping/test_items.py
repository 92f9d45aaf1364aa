from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from kpr_stream.connectors.export.reader import parse
from kpr_stream.connectors.mapping.items import map_deletion, map_upsert
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.mapping.profile import WeightUnit
from kpr_stream.errors import UsageError
from kpr_stream.model.words import SYSTEMS, MessageType, System, system_named
from kpr_stream.schemas.catalogue import schema
from tests.unit.connectors.exports import FNR, consultation

CONSULTATION, APPOINTMENT = MessageType.CONSULTATION, MessageType.APPOINTMENT

FULL = consultation(
    avtaleId="a-1",
    tjeneste="JMT",
    konsultasjonType="HB",
    lokalKonsultasjonType="hjemme 1",
    kontaktform="HJEMME",
    oppmoteStatus="M",
    programtrinn="10D",
    skoletrinn=1,
    varighetMinutter="45",
    gruppe={"gruppeId": 7, "antall": 6},
    roller=["HELSESYKEPLEIER", None],
    avdeling={"lokalenhetId": "avd-1", "lokalNavn": "dropped"},
    journalId="dropped",
    kommuneNr=301,
    bydelNr="030101",
    hjemkomstdato="2025-01-02",
    ammestatus="FULL",
    person={
        "personId": "p-1",
        "fodselsNr": int(FNR),
        "dNr": None,
        "fodselsdato": "2001-01-01",
        "kjonn": 2,
    },
    maalinger={
        "vekt": 3.52,
        "lengde": 50.5,
        "lengdestilling": "ligg",
        "hodeomkrets": "35,1",
        "vektIkkeMaalt": "UKJENT",
    },
)


def as_read(source: object) -> dict[str, object]:
    found = parse(Path("export.json"), json.dumps(source).encode())
    assert isinstance(found, dict)
    return found


def test_everything_of_a_consultation_is_mapped() -> None:
    item = map_upsert(CONSULTATION, as_read(FULL), synthetic_profile(System.EG_INFODOC))
    assert {name: value for name, value in item.items() if value is not None} == {
        "operation": "upsert",
        "consultation_id": "k-1",
        "appointment_id": "a-1",
        "service": "SVANGERSKAP_BARSEL",
        "start": 1736241300123456,
        "start_offset_minutes": 60,
        "time_precision": "minute",
        "consultation_type": "HJEMMEBESOK",
        "local_consultation_type": "hjemme 1",
        "contact_form": "HJEMMEBESOK",
        "attendance": "MOTT",
        "programme_step": "10D",
        "grade": 1,
        "duration_minutes": 45,
        "group_id": "7",
        "group_size": 6,
        "practitioner_roles": ["HELSESYKEPLEIER"],
        "department_id": "avd-1",
        "municipality_code": "301",
        "district_code": "030101",
        "person_local_id": "p-1",
        "fnr": FNR.lstrip("0"),
        "birth_date": 11323,
        "sex": "2",
        "weight_g": 3520,
        "length_mm": 505,
        "length_position": "LIGGENDE",
        "head_circumference_mm": 351,
        "weight_reason_not_measured": "UKJENT",
        "breastfeeding": "FULLAMMET",
        "maternity_discharge_date": 20090,
        "unreadable": [],
    }
    assert set(item) == set(schema("consultation_item").field_names)


def test_everything_of_an_appointment_is_mapped() -> None:
    item = map_upsert(APPOINTMENT, as_read(FULL), synthetic_profile(System.EG_INFODOC))
    assert set(item) == set(schema("appointment_item").field_names)
    assert (item["appointment_id"], item["attendance"]) == ("a-1", "MOTT")


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_value_can_cost_a_consultation(system: System) -> None:
    """Whatever the fields hold, the item has its id and time and fits the schema."""
    for wrong in (True, [], {}, [1], {"a": 1}, "x", 1.5, -1, 10**30, "\ud800", ""):
        source = dict.fromkeys(FULL, wrong) | consultation()
        item = map_upsert(CONSULTATION, as_read(source), synthetic_profile(system))
        assert item["consultation_id"] == "k-1"
        assert item["start"] is not None
        names = set(schema("consultation_item").field_names)
        assert set(item["unreadable"]) <= names
        assert len(item["unreadable"]) == len(set(item["unreadable"]))


def test_unreadable_values_are_named_and_null() -> None:
    source = consultation(
        maalinger={"vekt": "ca. 8", "lengde": 70}, varighetMinutter=10**12, person="nobody"
    )
    item = map_upsert(CONSULTATION, as_read(source), synthetic_profile(System.VISMA_HSPRO))
    assert item["weight_g"] is None
    assert item["length_mm"] == 70
    assert {"weight_g", "duration_minutes", "fnr", "birth_date"} <= set(item["unreadable"])


def test_a_code_that_no_table_knows_is_passed_on() -> None:
    item = map_upsert(
        CONSULTATION, as_read(consultation(oppmoteStatus=77)), synthetic_profile(System.VISMA_HSPRO)
    )
    assert (item["attendance"], item["unreadable"]) == ("77", [])


@pytest.mark.parametrize(
    ("source", "operation", "unreadable"),
    [
        ({"konsultasjonId": "k", "erSlettet": True}, "delete", []),
        ({"konsultasjonId": "k", "erSlettet": False}, "keep", []),
        ({"konsultasjonId": "k"}, "keep", ["operation"]),
        ({"konsultasjonId": "k", "erSlettet": "true"}, "keep", ["operation"]),
        ({"konsultasjonId": [], "erSlettet": True}, "delete", ["consultation_id"]),
    ],
)
def test_only_a_plain_true_deletes(
    source: dict[str, object], operation: str, unreadable: list[str]
) -> None:
    item = map_deletion(CONSULTATION, source)
    assert item["operation"] == operation
    assert item["unreadable"] == unreadable


def test_the_contract_codes_of_a_profile_are_codes_of_the_contract() -> None:
    """No table maps two local codes to one, so that an export can be written back."""
    for system in SYSTEMS:
        for table in synthetic_profile(system).codes.values():
            assert len(set(table.values())) == len(table)


def test_units_of_weight() -> None:
    assert synthetic_profile(System.EG_INFODOC).weight_unit is WeightUnit.KILOGRAM
    item = map_upsert(
        CONSULTATION,
        as_read(consultation(maalinger={"vekt": 8123})),
        synthetic_profile(System.HELSEPLATTFORMEN),
    )
    assert item["weight_g"] == 8123


def test_an_unknown_system_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="visma-hspro"):
        system_named("epic")


@pytest.mark.parametrize("turn", [1, -1])
def test_a_number_and_a_text_of_the_same_digits_are_read_apart(turn: int) -> None:
    """A date may be written as text only; what one of them gave is not remembered for the other."""
    profile = synthetic_profile(System.EG_INFODOC)
    written = [consultation(person={"fodselsdato": one}) for one in ("20010203", 20010203)]
    found = {
        type(source["person"]["fodselsdato"]): map_upsert(CONSULTATION, as_read(source), profile)
        for source in (*written[::turn], *written)
    }
    assert found[str]["birth_date"] == (date(2001, 2, 3) - date(1970, 1, 1)).days
    assert (found[int]["birth_date"], found[int]["unreadable"]) == (None, ["birth_date"])


def test_a_value_that_comes_again_gives_the_same() -> None:
    profile = synthetic_profile(System.EG_INFODOC)
    again = [map_upsert(CONSULTATION, as_read(FULL), profile) for _ in range(3)]
    assert again[0] == again[1] == again[2]
    bad = as_read(FULL | {"varighetMinutter": "half an hour"})
    assert all(
        map_upsert(CONSULTATION, bad, profile)["unreadable"] == ["duration_minutes"]
        for _ in range(2)
    )
