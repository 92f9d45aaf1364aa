from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from kpr_stream.connectors.export import reader as read
from kpr_stream.errors import ExportError, UsageError
from kpr_stream.model.words import MessageType
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
    ("[NaN]", "NaN"),
    ("{}", "its top level is not an array"),
    ("[1]", "/0 is not an object"),
    ('[{"a":1,"a":2}]', "has the key «a» twice"),
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
    ([unit() | {"bydelNr": "sentrum"}], "/0/bydelNr"),
    ([unit() | {"konsultasjon": {}}], "/0/konsultasjon is not an array"),
    ([unit() | {"konsultasjon": [{}, None]}], "/0/konsultasjon/1 is not an object"),
    ([unit() | {"slettKonsultasjon": "k-1"}], "/0/slettKonsultasjon is not an array"),
    ('[{"orgNr": "blåbær"}]'.encode("latin-1"), "is not UTF-8"),
    ("[]".encode("utf-16"), "is not UTF-8"),
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


@pytest.mark.parametrize(
    ("name", "period"),
    [
        (NAME, (date(2025, 1, 1), date(2025, 1, 31))),
        ("000001_HST_Avtale_2024-02_20250201T040000Z.json", (date(2024, 2, 1), date(2024, 2, 29))),
        (
            "000001_HST_Konsultasjon_2025-01-03_20250104T040000Z.json",
            (date(2025, 1, 3), date(2025, 1, 3)),
        ),
        (
            "000001_HST_Konsultasjon_2025-01-03--2025-02-01_20250204T040000Z.json",
            (date(2025, 1, 3), date(2025, 2, 1)),
        ),
    ],
)
def test_the_name_says_type_period_and_extraction(name: str, period: tuple[date, date]) -> None:
    found = read.parse_name(Path(name))
    assert (found.period_from, found.period_to) == period
    expected = MessageType.APPOINTMENT if "Avtale" in name else MessageType.CONSULTATION
    assert found.message_type is expected
    assert found.extracted_at % 86_400_000 == 4 * 3_600_000


@pytest.mark.parametrize(
    "name",
    [
        "export.txt.json",
        "1_HST_Konsultasjon_2025-01_20250201T040000Z.json",
        "000001_HST_Konsultasjon_2025-13_20250201T040000Z.json",
        "000001_HST_Konsultasjon_2025-01_20250231T040000Z.json",
        "000001_HST_Konsultasjon_2025-01--2025-01-31_20250201T040000Z.json",
        "000001_HST_Konsultasjon_2025-01-03--2025-01-02_20250201T040000Z.json",
    ],
)
def test_a_name_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(ExportError, match="file name"):
        read.parse_name(Path(name))


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
    write(tmp_path, "[]")
    write(tmp_path, '{"softwareVersion": []}', "export.json")
    with pytest.raises(ExportError, match="softwareVersion"):
        read.find_series(tmp_path)


@pytest.mark.parametrize("number", [310478717, "310478717"])
def test_a_synthetic_unit_reports_in_test_only(tmp_path: Path, number: object) -> None:
    path = write(tmp_path, [unit(org_nr=number)])
    file, data = read.parse_name(path), read.read_bytes(path)
    (found,) = read.units_of(file, data, synthetic_units=True)
    assert found.org_nr == "310478717"
    with pytest.raises(ExportError, match="orgNr is not a valid organisation number"):
        read.units_of(file, data, synthetic_units=False)
