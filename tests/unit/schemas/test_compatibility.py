"""Every version reads all earlier ones, and the check that says so can fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kpr_stream.schemas.catalogue import Schema, all_schemas, schema
from tests.support.compatibility import reading_problems, transitive_problems

NAMES = sorted({s.name for s in all_schemas()})
Fields = list[dict[str, Any]]


@pytest.mark.parametrize("name", NAMES)
def test_every_version_reads_all_earlier_ones(name: str) -> None:
    versions = [s for s in all_schemas() if s.name == name]
    assert transitive_problems(versions) == []
    assert reading_problems(versions[-1].text, versions[-1].text) == []


def _field(fields: Fields, name: str) -> dict[str, Any]:
    return next(f for f in fields if f["name"] == name)


def _new_without_default(fields: Fields) -> None:
    fields.append({"name": "new", "type": "string"})


def _default_removed_and_field_new(fields: Fields) -> None:
    fields.append({"name": "new", "type": ["null", "string"]})


def _string_to_int(fields: Fields) -> None:
    _field(fields, "org_nr")["type"] = "int"


def _long_to_int(fields: Fields) -> None:
    _field(fields, "sequence")["type"] = "int"


def _null_no_longer_allowed(fields: Fields) -> None:
    field = _field(fields, "district_code")
    field["type"] = "string"
    del field["default"]


def _renamed(fields: Fields) -> None:
    _field(fields, "sequence")["name"] = "number"


def _inner_field_new_without_default(fields: Fields) -> None:
    _new_without_default(_field(fields, "encryption")["type"][1]["fields"])


def _other_unit_of_time(fields: Fields) -> None:
    _field(fields, "extracted_at")["type"]["logicalType"] = "timestamp-micros"


def _date_becomes_a_number(fields: Fields) -> None:
    _field(fields, "period_from")["type"] = "int"


def _new_with_default(fields: Fields) -> None:
    fields.append({"name": "new", "type": ["null", "string"], "default": None})


def _dropped(fields: Fields) -> None:
    fields.remove(_field(fields, "district_code"))


def _int_to_long(fields: Fields) -> None:
    _field(fields, "attempt")["type"] = "long"


def _null_allowed(fields: Fields) -> None:
    _field(fields, "software_version")["type"] = ["null", "string"]


def _changed(change: Callable[[Fields], None], version: int = 2) -> Schema:
    changed = json.loads(schema("delivery").text)
    change(changed["fields"])
    return Schema("delivery", version, 9000 + version, json.dumps(changed), changed)


@pytest.mark.parametrize(
    "change",
    [
        _new_without_default,
        _default_removed_and_field_new,
        _string_to_int,
        _long_to_int,
        _null_no_longer_allowed,
        _renamed,
        _inner_field_new_without_default,
        _other_unit_of_time,
        _date_becomes_a_number,
    ],
)
def test_a_breaking_change_is_found(change: Callable[[Fields], None]) -> None:
    (problem, *_) = transitive_problems([schema("delivery", 1), _changed(change)])
    assert problem.startswith("delivery v2 does not read v1: /")


@pytest.mark.parametrize("change", [_new_with_default, _dropped, _int_to_long, _null_allowed])
def test_a_harmless_change_is_allowed(change: Callable[[Fields], None]) -> None:
    assert transitive_problems([schema("delivery", 1), _changed(change)]) == []


def _number_instead(fields: Fields) -> None:
    _field(fields, "district_code")["type"] = ["null", "int"]


def test_a_break_with_the_oldest_version_is_found_behind_a_harmless_one() -> None:
    """v2 drops a field and v3 brings it back as a number: v3 reads v2, but not v1."""
    versions = [schema("delivery", 1), _changed(_dropped, 2), _changed(_number_instead, 3)]
    problems = transitive_problems(versions)
    assert [p.split(":")[0] for p in problems] == ["delivery v3 does not read v1"]
