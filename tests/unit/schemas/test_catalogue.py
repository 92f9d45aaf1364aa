"""The catalogue: what is listed is there, what is there is listed, and everything is explained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from kpr_stream.errors import ConfigurationError
from kpr_stream.schemas.catalogue import Schema, all_schemas, schema, schemas_by_id
from tests.support.repository import SCHEMAS

NAMESPACE = "no.kpr.hst"
CATALOGUE: dict[str, list[dict[str, Any]]] = json.loads((SCHEMAS / "catalogue.json").read_text())
EACH = pytest.mark.parametrize("one", all_schemas(), ids=lambda s: f"{s.name}.v{s.version}")


def test_the_files_listed_are_the_files_there() -> None:
    listed = [entry["file"] for versions in CATALOGUE.values() for entry in versions]
    assert sorted(listed) == sorted(p.name for p in SCHEMAS.glob("*.avsc"))


def test_ids_are_unique() -> None:
    ids = [s.id for s in all_schemas()]
    assert len(set(ids)) == len(ids) == len(schemas_by_id())


@pytest.mark.parametrize("name", CATALOGUE)
def test_versions_count_up_from_one(name: str) -> None:
    versions = [entry["version"] for entry in CATALOGUE[name]]
    assert versions == list(range(1, len(versions) + 1))
    assert schema(name).version == versions[-1]
    assert schema(name, 1).version == 1


@EACH
def test_file_and_record_are_named_after_each_other(one: Schema) -> None:
    (entry,) = (e for e in CATALOGUE[one.name] if e["version"] == one.version)
    assert entry["file"] == f"{one.name}.v{one.version}.avsc"
    record = "".join(word.capitalize() for word in one.name.split("_"))
    assert one.parsed["name"] == f"{NAMESPACE}.{record}"


@EACH
def test_every_record_and_field_is_explained(one: Schema) -> None:
    for record in _records(json.loads(one.text)):
        assert _explained(record), record["name"]
        for field in record["fields"]:
            assert _explained(field), f"{record['name']}.{field['name']}"


@EACH
def test_field_names_are_words_and_nullable_fields_have_a_default(one: Schema) -> None:
    for record in _records(json.loads(one.text)):
        for field in record["fields"]:
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", field["name"]), field["name"]
            if isinstance(field["type"], list):
                assert field["type"][0] == "null", field["name"]
                assert field["default"] is None, field["name"]


@EACH
def test_no_schema_has_an_enum(one: Schema) -> None:
    """Codes are strings: code lists grow without a new schema."""
    assert '"enum"' not in one.text


def test_every_item_field_that_is_content_names_the_question_it_serves() -> None:
    for field in schema("consultation_item").parsed["fields"]:
        if field["name"].startswith(("weight", "length", "head")):
            assert "(d)" in field["doc"] or field["doc"].startswith("As for"), field["name"]


def test_no_cleaned_record_has_a_local_or_national_id() -> None:
    sent_ids = {"consultation_id", "appointment_id", "person_local_id", "group_id", "birth_date"}
    sent_ids |= {"fnr", "dnr", "duf", "h_number", "fh_number", "department_id", "start"}
    for name in ("consultation", "appointment"):
        assert not sent_ids & set(schema(name).field_names)


def test_an_unknown_name_or_version_is_told() -> None:
    with pytest.raises(ConfigurationError, match="no schema journal version any"):
        schema("journal")
    with pytest.raises(ConfigurationError, match="no schema delivery version 99"):
        schema("delivery", 99)


def _explained(part: dict[str, Any]) -> bool:
    doc = part.get("doc", "")
    return len(doc) > 1 and doc.endswith(".")


def _records(avro_type: Any) -> Iterator[dict[str, Any]]:
    if isinstance(avro_type, list):
        for branch in avro_type:
            yield from _records(branch)
    elif isinstance(avro_type, dict):
        if avro_type["type"] == "record":
            yield avro_type
            for field in avro_type["fields"]:
                yield from _records(field["type"])
        else:
            yield from _records(avro_type.get("items", avro_type.get("values")))
