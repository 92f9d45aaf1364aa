"""Geography with validity, code lists, and the steps of the programme."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars import col

from kpr_stream.reference import load_reference
from kpr_stream.reference.geography import (
    district_as_read,
    district_belongs,
    district_in,
    district_valid,
    municipality_valid,
    padded_municipality,
)


@pytest.mark.parametrize(
    ("code", "day", "valid"),
    [
        ("0301", date(2024, 1, 1), True),
        ("1601", date(2017, 12, 31), True),
        ("1601", date(2018, 1, 1), False),
        ("5001", date(2018, 1, 1), True),
        ("1507", date(2019, 12, 31), False),
        ("1507", date(2023, 12, 31), True),
        ("1508", date(2024, 1, 1), True),
        ("9999", date(2024, 1, 1), False),
        *((code, date(2024, 1, 1), True) for code in ("2100", "2111", "2112", "2115", "2199")),
        *((code, date(2024, 1, 1), False) for code in ("2113", "2116", "2198", "2209")),
        ("2100", date(2018, 1, 1), True),
        (None, date(2024, 1, 1), None),
        ("0301", None, None),
    ],
)
def test_municipalities_on_a_day(code: str | None, day: date | None, valid: bool | None) -> None:  # noqa: FBT001
    frame = pl.DataFrame({"c": [code], "d": [day]}, schema={"c": pl.String, "d": pl.Date})
    validity = load_reference().municipality_validity
    found = frame.select(municipality_valid(col("c"), col("d").cast(pl.Int32), validity)).item()
    assert found is valid


def test_as_many_municipalities_as_there_were() -> None:
    municipalities = load_reference().municipalities
    for year, count in ((2018, 422), (2020, 356), (2024, 357)):
        day = (date(year, 1, 1) - date(1970, 1, 1)).days
        valid = (col("valid_from") <= day) & (col("valid_to") > day)
        assert municipalities.filter(valid).height == count


def test_codes_lose_zeros_and_get_them_back() -> None:
    frame = pl.DataFrame({"c": ["301", "0301", "30101", "x", None]})
    assert frame.select(padded_municipality(col("c")))["c"].to_list()[:2] == ["0301", "0301"]
    assert frame.select(padded_municipality(col("c")))["c"].to_list()[2:] == [None, None, None]


KNOWN_DISTRICTS = load_reference().known_codes("district_code")


@pytest.mark.parametrize(
    ("municipality", "written", "code"),
    [
        ("0301", "030101", "030101"),
        ("0301", "30101", "030101"),
        ("0301", "01", "030101"),
        ("0301", "1", "030101"),
        ("0301", "17", "030117"),
        ("0301", "99", "030199"),  # the city's unknown district
        ("1103", "08", "110308"),
        ("5001", "160101", "160101"),  # a whole code is read as written
        ("0301", "030177", "030177"),
        *(("0301", text, None) for text in ("00", "0", "18", "4U", "4u", "U", "x", "+1", "-1")),
        *(("0301", text, None) for text in ("001", "101", "0101", "3010101", "0301 01", "bydel")),
        *(("0301", text, None) for text in ("٠١", "०१", "１", "٠٣٠١٠١", "03_101", "0_1", "")),
        ("3201", "01", None),  # a municipality without districts
        (None, "01", None),
        (None, "030101", "030101"),
    ],
)
def test_a_district_is_read_within_its_municipality(
    municipality: str | None, written: str, code: str | None
) -> None:
    assert district_in(municipality, written, KNOWN_DISTRICTS) == code
    frame = pl.DataFrame(
        {"m": [municipality], "w": [written]}, schema={"m": pl.String, "w": pl.String}
    )
    read = district_as_read(col("w"), col("m"), KNOWN_DISTRICTS)
    assert frame.select(read).item() == code


def test_steps_by_either_code() -> None:
    steps = load_reference().steps.by_code
    assert steps["6U"] == steps["UKE_6"] == "UKE_6"
    assert steps["13A"] == "TRINN_8"
    assert "E" not in steps


def test_every_official_mapping_agrees_with_the_steps() -> None:
    reference = load_reference()
    assert set(reference.steps.by_code.values()) == set(reference.programme["code"].to_list())


def test_lists_and_labels() -> None:
    reference = load_reference()
    assert reference.known_codes("sex") == ("0", "1", "2", "9")
    assert "030199" in reference.known_codes("district_code")
    assert {"0301", "1601"} <= reference.municipality_codes()
    assert len(reference.municipality_codes()) == reference.municipalities.height
    assert reference.version.startswith("2026-01-01-")


@pytest.mark.parametrize(
    ("code", "day", "valid"),
    [
        ("030101", date(2024, 1, 1), True),
        ("120101", date(2019, 12, 31), True),
        ("120101", date(2020, 1, 1), False),
        ("120199", date(2019, 12, 31), True),
        ("460199", date(2020, 1, 1), True),
        ("030118", date(2024, 1, 1), False),
        ("110308", date(2019, 1, 1), False),
        (None, date(2024, 1, 1), None),
        ("030101", None, None),
    ],
)
def test_districts_on_a_day(code: str | None, day: date | None, valid: bool | None) -> None:  # noqa: FBT001
    frame = pl.DataFrame({"c": [code], "d": [day]}, schema={"c": pl.String, "d": pl.Date})
    districts = load_reference().all_districts
    found = frame.select(district_valid(col("c"), col("d").cast(pl.Int32), districts)).item()
    assert found is valid


def test_a_district_belongs_to_its_municipality() -> None:
    rows = [("030101", "0301", True), ("030199", "0301", True), ("110301", "0301", False)]
    frame = pl.DataFrame(
        [*rows, (None, "0301", None), ("030101", None, None)], schema=["d", "m", "b"], orient="row"
    )
    found = frame.select(district_belongs(col("d"), col("m"))).to_series().to_list()
    assert found == frame["b"].to_list()
