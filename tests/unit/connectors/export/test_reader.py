from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kpr_stream.connectors.export import reader as read
from kpr_stream.errors import ExportError, UsageError
from tests.unit.connectors.exports import FNR, NAME, UNIT, consultation, unit, write


def units(path: Path) -> list[read.UnitExport]:
    return read.units_of(read.parse_name(path), read.read_bytes(path))


def test_a_unit_is_read(tmp_path: Path) -> None:
    deletion = {"konsultasjonId": "k-0", "erSlettet": True}
    found = units(write(tmp_path, [unit(consultation(), deletions=[deletion])]))
    assert [(one.org_nr, one.municipality_code, one.district_code) for one in found] == [
        (UNIT, "0301", "030101")
    ]
    assert found[0].deletions == [deletion]
    assert found[0].upserts == [consultation()]


def test_numbers_keep_their_digits_and_unit_codes_get_their_zeros(tmp_path: Path) -> None:
    source = unit({"konsultasjonId": 12345678901234567890}, org_nr=int(UNIT))
    source |= {"kommuneNr": 301, "bydelNr": 30101}
    found = units(write(tmp_path, [source]))[0]
    assert (found.org_nr, found.municipality_code, found.district_code) == (UNIT, "0301", "030101")
    assert found.upserts[0]["konsultasjonId"] == "12345678901234567890"


def test_a_quiet_day_and_a_byte_order_mark(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + json.dumps([{"orgNr": UNIT, "kommuneNr": "0301"}]).encode()
    found = units(write(tmp_path, data))[0]
    assert (found.deletions, found.upserts, found.district_code) == ([], [], None)
    assert units(write(tmp_path, "[]")) == []


WRONG = [
    ("", "it is empty"),
    ("  \n", "it is empty"),
    ("{", "it is not JSON (line 1, column 2)"),
    ('[\n{"orgNr": ', "it ends too early (line 2, column 11)"),
    ('[{"a": "b', "it ends too early"),
    ("<xml/>", "it is not JSON (line 1, column 1)"),
    ("[] []", "it is not JSON"),
    ("[NaN]", "NaN or Infinity, which JSON does not have (line 1, column 2)"),
    ("[]\n[]", "a second array begins after the first (line 2, column 1)"),
    ('{"orgNr": 1}\n{"orgNr": 2}', "it is NDJSON"),
    (b"[]" + bytes(512), "it ends in 512 zero bytes (line 1, column 3)"),
    (bytes(512), "zero bytes only"),
    ("1", "its top level is not an array of units but a number"),
    ("{}", "its top level is not an array"),
    ("[1]", "/0 is not an object"),
    ('[{"a":1,"a":2}]', "has the key «a» twice (line 1, column 9)"),
    (
        '[{"orgNr":"800000009","kommuneNr":"0301","konsultasjoner":[{}]}]',
        "/0 has the list «konsultasjoner» with entries; the lists of such a file are «slettKonsul",
    ),
    ('[{"orgNr":"800000009","kommuneNr":"0301","avtale":[{}]}]', "/0 has the list «avtale»"),
    ('[{"orgNr":"800000009","kommuneNr":"0301","01810178928":[1]}]', "/0 has a list with"),
    ('[{"01810178928":1,"01810178928":2}]', "has a key twice"),
    ("[" * 100_000, "nested too deeply"),
    ([unit(), unit(org_nr="123456789")], "/1/orgNr is not a valid organisation number"),
    ([unit(org_nr=None)], "/0/orgNr"),
    *(
        ([unit(org_nr=number)], "/0/orgNr is not a valid organisation number")
        for number in (0, 9, 100000008, 999999999, "0", "000000000", "٩٧٤٧٦٠٦٧٣", "974 760 673")
    ),
    *(([unit() | {"kommuneNr": number}], "/0/kommuneNr") for number in (0, 3, 30, "0", "٠٣٠١")),
    ([unit(org_nr=8.00000009e8)], "/0/orgNr"),
    ([unit() | {"kommuneNr": "Oslo"}], "/0/kommuneNr"),
    ([unit() | {"konsultasjon": {}}], "/0/konsultasjon is not an array"),
    ([unit() | {"konsultasjon": [{}, None]}], "/0/konsultasjon/1 is not an object"),
    ([unit() | {"slettKonsultasjon": "k-1"}], "/0/slettKonsultasjon is not an array"),
    ('[{"orgNr": "blåbær"}]'.encode("latin-1"), "is not UTF-8"),
    ("[]".encode("utf-16"), "is not UTF-8 but UTF-16 (line 1, column 1)"),
    ("[]".encode("utf-16-le"), "is not UTF-8 but UTF-16"),
]


@pytest.mark.parametrize(("content", "cause"), WRONG, ids=[cause for _, cause in WRONG])
def test_a_fault_is_reported_with_its_place(tmp_path: Path, content: object, cause: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(ExportError) as caught:
        units(path)
    assert cause in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.what_to_do


def test_no_value_of_the_file_is_told(tmp_path: Path) -> None:
    for content in (f"[{FNR}", f'[{{"orgNr": {int(FNR)}}}]', f'[{{"{FNR}":1,"{FNR}":1}}]'):
        with pytest.raises(ExportError) as caught:
            units(write(tmp_path, content))
        assert FNR.lstrip("0") not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with pytest.raises(ExportError, match="cannot be read: No such file"):
        read.read_bytes(path)
    path.mkdir()
    with pytest.raises(ExportError, match="cannot be read: Is a directory"):
        read.read_bytes(path)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_FILE_BYTES", 1)
    with pytest.raises(ExportError, match="2 bytes; the limit is 1"):
        read.read_bytes(write(tmp_path, "[]"))


def test_series_are_folders_and_files_go_by_number(tmp_path: Path) -> None:
    for name in ("000010_b.json", "000002_c.json", "1000000_d.json", "odd.json", ".x.json"):
        write(tmp_path / "unit-b", "[]", name)
    write(tmp_path / "unit-a", "[]")
    write(tmp_path, '{"softwareVersion": "7.4"}', "export.json")
    write(tmp_path / "unit-a", '{"softwareVersion": "7.5"}', "export.json")
    (tmp_path / "empty").mkdir()
    found = read.find_series(tmp_path)
    assert [(one.folder.name, one.software_version) for one in found] == [
        ("unit-a", "7.5"),
        ("unit-b", "7.4"),
    ]
    assert [path.name for path in found[1].paths] == [
        "000002_c.json",
        "000010_b.json",
        "1000000_d.json",
        "odd.json",
    ]


def test_a_missing_folder_and_a_bad_sidecar(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        read.find_series(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"softwareVersion": []}', "no text"),
        ('{"softwareVersion": ""}', "no text"),
        ('{"softwareVersion": "\\ud800"}', "no text"),
        ('{"softwareVersion": "7.4\\n"}', None),
        ('{"softwareVersion": "7\\u00004"}', "no text"),
        ('{"softwareVersion": 7.4}', None),
        (json.dumps({"softwareVersion": "7" * 101}), "no text"),
        ("[]", "no text"),
        ("{", "it is not JSON (line 1, column 2)"),
        ('{"softwareVersion": "7.4"}'.encode("utf-16"), "UTF-16"),
        ('{"softwareVersion": "7.4", "softwareVersion": "7.5"}', "twice (line 1, column 28)"),
        (b"\xef\xbb\xbf" + b'{"softwareVersion": "7.4"}', None),
    ],
)
def test_a_wrong_software_version_costs_itself_alone(
    tmp_path: Path, content: object, problem: str | None
) -> None:
    """The version is optional: it is left out and reported, and everything is sent."""
    path = write(tmp_path, content, "export.json")
    write(tmp_path, "[]")
    (series,) = read.find_series(tmp_path)
    assert series.software_version == ("7.4" if problem is None else "unknown")
    assert len(series.paths) == 1
    if problem is not None:
        (left_out,) = series.left_out
        assert (left_out.part, left_out.file) == ("value", str(path))
        assert problem in left_out.problem
        assert left_out.what_to_do


@pytest.mark.parametrize(
    ("written", "municipality", "district"),
    [
        ("030101", "0301", "030101"),
        (30101, 301, "030101"),
        ("01", "0301", "030101"),
        (1, 301, "030101"),
        ("03", 4601, "460103"),
        ("98", "0301", "98"),
        ("4U", 3253, "4U"),
        (None, "0301", None),
        ("", "0301", None),
        (" ", "0301", None),
    ],
)
def test_a_district_is_read_within_its_municipality(
    tmp_path: Path, written: object, municipality: object, district: str | None
) -> None:
    """A short one that denotes none is sent as it is: the receiver sets it aside and reports it."""
    source = unit(consultation()) | {"kommuneNr": municipality, "bydelNr": written}
    (found,) = units(write(tmp_path, [source]))
    assert (found.district_code, found.left_out) == (district, ())


@pytest.mark.parametrize(
    "written",
    ["sentrum", FNR, "0301011", "-1", 1.5, True, [], ["01"], {"a": 1}, "\ud800", "blå", "x" * 5000],
    ids=str,
)
def test_an_odd_district_costs_neither_unit_nor_file(tmp_path: Path, written: object) -> None:
    content = json.dumps([unit(consultation()) | {"bydelNr": written}, unit(org_nr="800000017")])
    first, second = units(write(tmp_path, content))
    assert (first.district_code, len(first.upserts)) == (None, 1)
    assert second.district_code == "030101"
    (left_out,) = first.left_out
    assert (left_out.part, left_out.pointer) == ("value", "/0/bydelNr")
    assert str(written) not in left_out.problem


FHI_TEST_MESSAGE = """[{
  "orgNr": 481831253, "kommuneNr": 3253, "bydelNr": "4U",
  "slettAvtale": [{"avtaleId": "A1B2C3", "erSlettet": false}],
  "avtale": [{
    "avtaleId": "A1B2C3", "datoTid": "2024-05-10T17:08:31.4120123+02:00", "journalId": "J1",
    "konsultasjonType": "PQ", "lokalKonsultasjonType": "J24O8UUW4YR9SWE206", "oppmoteStatus": 1,
    "avdeling": {"lokalenhetId": "P1HJKKGG", "lokalNavn": "L1"},
    "person": {"personId": "P1", "fodselsNr": 81810178928, "dNr": null, "dufNr": 154895975843}
  }]
}]"""
"""A message of the shape of the public one: numbers as JSON numbers, a district of two letters."""


def test_the_public_messages_shape_is_read(tmp_path: Path) -> None:
    name = "000001_HST_Avtale_2024-05_20240601T040000Z.json"
    (found,) = units(write(tmp_path, FHI_TEST_MESSAGE, name))
    assert (found.org_nr, found.municipality_code) == ("481831253", "3253")
    assert found.district_code is None
    assert [one.pointer for one in found.left_out] == ["/0/bydelNr"]
    assert (len(found.deletions), len(found.upserts)) == (1, 1)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    os.mkfifo(tmp_path / "export.json")
    (series,) = read.find_series(tmp_path)
    assert "named pipe" in series.left_out[0].problem
    with pytest.raises(ExportError, match="it is a named pipe, not a file"):
        read.read_bytes(series.paths[0])


@pytest.mark.parametrize("number", [310478717, "310478717"])
def test_a_synthetic_unit_reports_in_test_only(tmp_path: Path, number: object) -> None:
    path = write(tmp_path, [unit(org_nr=number)])
    file, data = read.parse_name(path), read.read_bytes(path)
    (found,) = read.units_of(file, data, synthetic_units=True)
    assert found.org_nr == "310478717"
    with pytest.raises(ExportError, match="orgNr is not a valid organisation number"):
        read.units_of(file, data, synthetic_units=False)
