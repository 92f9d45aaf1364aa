"""Resources are streamed out of Bundles and lines, whatever pieces the bytes come in."""

from __future__ import annotations

import io
import json
from typing import IO

import pytest

from kpr_stream.connectors.fhir import split
from kpr_stream.connectors.fhir.split import FhirEntry, bundle_entries, ndjson_entries
from kpr_stream.errors import ExportError
from kpr_stream.model.limits import MAX_RESOURCE_LETTERS, MAX_RESOURCE_NESTING
from tests.unit.connectors.fhir.resources import FNR, bundle, encounter, patient


class Pieces(io.BytesIO):
    """Bytes that come one by one."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(1, size or 1))


def whole(stream: IO[bytes]) -> list[FhirEntry]:
    return list(bundle_entries(stream, "b.json"))


def test_a_bundle_gives_its_resources_with_their_places() -> None:
    data = json.dumps(bundle(patient(), encounter()), ensure_ascii=False).encode()
    found = whole(io.BytesIO(data))
    assert [(one.pointer, (one.resource or {})["id"]) for one in found] == [
        ("/entry/0/resource", "p-1"),
        ("/entry/1/resource", "e-1"),
    ]
    for stream in (Pieces(data), io.BytesIO(b"\xef\xbb\xbf" + data), io.BytesIO(data + b" \n")):
        assert whole(stream) == found


def test_members_may_come_in_any_order() -> None:
    last = {"entry": [{"resource": patient()}], "total": 12, "type": "searchset"}
    data = json.dumps(last | {"resourceType": "Bundle"}).encode()
    assert len(whole(Pieces(data))) == 1


def test_a_delete_request_names_a_resource() -> None:
    gone = {"request": {"method": "DELETE", "url": "Encounter/e-1"}}
    (found,) = whole(io.BytesIO(json.dumps(bundle(gone, type="transaction")).encode()))
    assert (found.deleted, found.resource) == ("Encounter/e-1", None)


def test_lines_are_read_with_bundles_among_them() -> None:
    lines = [patient(), bundle(encounter())]
    data = b"\n\n".join(json.dumps(one).encode() for one in lines)
    found = list(ndjson_entries(io.BytesIO(data), "x.ndjson"))
    assert [(one.file, one.pointer) for one in found] == [
        ("x.ndjson, line 1", ""),
        ("x.ndjson, line 3", "/entry/0/resource"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        ("{}", "not a FHIR Bundle"),
        ('{"resourceType": "Patient"}', "not a FHIR Bundle"),
        ('{"resourceType": "Bundle"}', "/type is not batch"),
        ('{"resourceType": "Bundle", "type": "history", "entry": []}', "/type is not"),
        ('{"resourceType": "Bundle", "type": "collection", "entry": [', "/entry/0 is cut off"),
        ('{"resourceType": "Bundle", "type": "collection", "entry": [{}]}', "no resourceType"),
        ('{"resourceType": "Bundle", "type": "collection", "entry": [1]}', "/entry/0 is not an"),
        ('{"resourceType": "Bundle", "type": "collection"} {}', "more follows"),
        ('{"resourceType": "Bundle", "resourceType": "Bundle"}', "a key twice"),
        ('{"resourceType": "Bundle", "total": NaN}', "NaN"),
        ('{"entry": [{"resource": {"a": 1, "a": 2}}]}', "a key twice"),
        ('{"resourceType": "Bundle" "type": 1}', "cut off, or not JSON"),
        ("{1: 2}", "a key is not text"),
        ('{"x"}', "a colon"),
        ('{"entry": ["\\ud800' + "x" * 20, "cut off"),
    ],
)
def test_what_is_no_bundle_is_refused_with_its_place(text: str, why: str) -> None:
    for stream in (io.BytesIO(text.encode()), Pieces(text.encode())):
        with pytest.raises(ExportError, match=why):
            whole(stream)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ExportError, match="not UTF-8"):
        whole(io.BytesIO(b'{"a": "\xff"}'))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[1]", "is not a FHIR resource"),
        ("{", "line 2 cannot be used: it is not JSON"),
        ('{"resourceType": 1}', "is not a FHIR resource"),
        ('{"resourceType": "Patient", "a": 1, "a": 2}', "twice"),
        ('{"resourceType": "Bundle", "type": "collection", "entry": 1}', "/entry is not an array"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(line: str, why: str) -> None:
    data = json.dumps(patient()) + "\n" + line + "\n"
    with pytest.raises(ExportError, match=why) as refused:
        list(ndjson_entries(io.BytesIO(data.encode()), "x.ndjson"))
    assert FNR.lstrip("0") not in str(refused.value)


def test_a_resource_has_a_largest_size_and_depth() -> None:
    long = patient(text="x" * MAX_RESOURCE_LETTERS)
    deep: object = []
    for _ in range(MAX_RESOURCE_NESTING):
        deep = [deep]
    for resource, why in ((long, "longer than"), (patient(extension=deep), "nested too deeply")):
        data = json.dumps(resource).encode()
        with pytest.raises(ExportError, match=why):
            list(ndjson_entries(io.BytesIO(data), "x.ndjson"))
        with pytest.raises(ExportError, match=why):
            whole(io.BytesIO(json.dumps(bundle(resource)).encode()))


def test_a_bundle_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each resource the window holds what was read at once, and no more."""
    monkeypatch.setattr(split, "READ_BYTES", 2_000)
    data = json.dumps(bundle(*(encounter(id=f"e-{n}") for n in range(2_000)))).encode()
    stream = io.BytesIO(data)
    most = 0
    for number, _ in enumerate(bundle_entries(stream, "b.json")):
        ahead = stream.tell() - (number + 1) * len(data) // 2_000
        most = max(most, ahead)
    assert most < 6_000 < len(data)
