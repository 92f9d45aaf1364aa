"""Reference tables in the database, and the views that join with them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from kpr_stream.database.load_reference import load_into_database
from kpr_stream.database.reference_rows import reference_tables
from kpr_stream.reference import load_reference
from tests.integration.sinks.conftest import Database

REFERENCE = load_reference()
_FRAME = {
    "status": "live",
    "system": "visma-hspro",
    "extracted_at": date(2024, 1, 1),
    "sequence": 1,
    "received_at": date(2024, 1, 1),
    "attendance": "MOTT",
    "rule_set_version": "1",
    "reference_version": "1",
    "source_epoch": 0,
    "source_partition": 0,
    "source_offset": 0,
}


async def _put(database: Database, *rows: dict[str, Any]) -> None:
    connection = await database.connect("kpr_owner")
    try:
        for number, changes in enumerate(rows):
            row = _FRAME | {"org_nr": "974760673", "date": date(2023, 10, 2)} | changes
            row |= {"consultation_key": UUID(int=number)}
            places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await connection.execute(
                f"INSERT INTO content.consultation ({', '.join(row)}) VALUES ({places})",  # noqa: S608 - our columns
                *row.values(),
            )
    finally:
        await connection.close()


async def test_every_table_is_loaded_whole_and_only_when_it_changed(database: Database) -> None:
    assert (await load_into_database(database.settings, REFERENCE)).changed
    assert not (await load_into_database(database.settings, REFERENCE)).changed
    for table in reference_tables(REFERENCE):
        (row,) = await database.fetch("analyst", f"SELECT count(*) FROM reference.{table.name}")  # noqa: S608 - our names
        assert row["count"] == table.rows.height > 0
    (held,) = await database.fetch("analyst", "SELECT version FROM reference.version")
    assert held["version"] == REFERENCE.version


async def test_the_municipality_of_today(database: Database) -> None:
    await load_into_database(database.settings, REFERENCE)
    later = {"org_nr": "983658776", "municipality_code": "1580", "date": date(2024, 2, 1)}
    await _put(
        database,
        {"municipality_code": "1601"},
        {"municipality_code": "1534"},
        {"municipality_code": "1507"},
        {"municipality_code": "1507", "org_nr": "983658776"},
        later,
        {"municipality_code": "2111"},
        {"municipality_code": None, "district_code": "120103"},
        {"municipality_code": "8888"},
        {"municipality_code": None},
    )
    rows = await database.fetch(
        "kpr_owner",
        "SELECT current_municipality_code AS code, current_county_name AS county, "
        "current_district_code AS district, current_found_by AS how "
        "FROM content.consultation_place ORDER BY consultation_key",
    )
    assert [tuple(row) for row in rows] == [
        ("5001", "Trøndelag", None, "change"),
        ("1580", "Møre og Romsdal", None, "border"),
        (None, None, None, "undecided"),
        ("1580", "Møre og Romsdal", None, "unit"),
        ("1580", "Møre og Romsdal", None, "code"),
        ("2111", "Svalbard", None, "code"),
        ("4601", "Vestland", "460103", "district"),
        (None, None, None, "unknown"),
        (None, None, None, "unknown"),
    ]


async def test_early_on_time_and_late(database: Database) -> None:
    await load_into_database(database.settings, REFERENCE)
    born_2017 = (date(2023, 10, 2) - date(2017, 6, 1)).days
    await _put(
        database,
        {"programme_step": "UKE_6", "age_days": 34},
        {"programme_step": "UKE_6", "age_days": 35, "weight_g": 4500},
        {"programme_step": "UKE_6", "age_days": 57, "breastfeeding_status": "IKKE_SPURT"},
        {"programme_step": "UKE_6"},
        {"programme_step": "SKOLESTART", "age_days": born_2017},
        {"programme_step": "SKOLESTART", "age_days": born_2017, "date": date(2023, 7, 31)},
        {"programme_step": "TRINN_3", "age_days": born_2017, "grade": 4},
        {"programme_step": "UKE_6", "age_days": 42, "attendance": "IKKE_MOTT"},
        {"programme_step": "UKE_6", "age_days": 42, "date": date(2016, 12, 20)},
    )
    rows = await database.fetch(
        "kpr_owner",
        "SELECT programme_step, timeliness, weight_expected AND NOT weight_measured AS missing, "
        "breastfeeding_known FROM content.consultation_step ORDER BY consultation_key",
    )
    assert [tuple(row) for row in rows] == [
        ("UKE_6", "early", True, False),
        ("UKE_6", "on_time", False, False),
        ("UKE_6", "late", True, False),
        ("UKE_6", None, True, False),
        ("SKOLESTART", "on_time", True, False),
        ("SKOLESTART", "early", True, False),
        ("TRINN_3", "late", True, False),
    ]


async def test_fully_breastfed_after_less(database: Database) -> None:
    child, other = UUID(int=1), UUID(int=2)
    await _put(
        database,
        {"person_key": child, "age_days": 42, "breastfeeding_status": "DELVIS"},
        {"person_key": child, "age_days": 91, "breastfeeding_status": "FULLT"},
        {"person_key": other, "age_days": 42, "breastfeeding_status": "FULLT"},
        {"person_key": other, "age_days": 91, "breastfeeding_status": "IKKE"},
        {"age_days": 91, "breastfeeding_status": "FULLT"},
    )
    rows = await database.fetch("kpr_owner", "SELECT * FROM content.breastfeeding_contradiction")
    assert [(r["person_key"], r["age_days"], r["less_since_age_days"]) for r in rows] == [
        (child, 91, 42)
    ]
