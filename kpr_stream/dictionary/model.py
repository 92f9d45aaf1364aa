"""The dictionary: every relation and field that an analyst may read. Pure."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Final

from kpr_stream.model.topics import ANALYST_CONSULTATION, TOPICS, Role
from kpr_stream.reference import Reference
from kpr_stream.reference import tables as t
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.subjects import RECORD_OF_TOPIC

TOPIC: Final = "topic"
"""Kind of a relation that is a Kafka topic; others are ``view`` or ``table``."""
RECORD: Final = "Avro record on the topic"
DATABASE: Final = "comment in the database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code of a list, with its meaning in Bokmål and English."""

    code: str
    name_no: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryField:
    """A column of a relation, or a field of a topic's record."""

    name: str
    type: str
    """As PostgreSQL or Avro writes it."""
    nullable: bool
    text: str
    unit: str | None
    code_list: str | None
    codes: Sequence[Code]
    questions: Sequence[str]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryRelation:
    """A view or table of the database, or a topic."""

    name: str
    kind: str
    text: str
    questions: Sequence[str]
    fields: Sequence[DictionaryField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """Everything an analyst may read. ``questions`` by letter, in Bokmål and English."""

    version: str
    questions: Mapping[str, Mapping[str, str]]
    relations: Sequence[DictionaryRelation]


def dictionary(version: str, reference: Reference) -> Dictionary:
    """Return the dictionary of this release: the topic first, then the database by schema."""
    meaning = meanings()
    listed = json.loads(_text("relations.json"))
    codes = _codes(reference)
    topics = (_topic(topic.name) for topic in TOPICS if Role.ANALYST in topic.readers)
    return Dictionary(
        version=version,
        questions=meaning["questions"],
        relations=tuple(_relation(one, codes) for one in (*topics, *listed)),
    )


@cache
def meanings() -> dict[str, Any]:
    """Return what ``meaning.toml`` says."""
    return tomllib.loads(_text("meaning.toml"))


def _topic(name: str) -> dict[str, Any]:
    """Return a topic in the form of ``relations.json``."""
    declared = json.loads(schema(RECORD_OF_TOPIC[name]).text)
    return {
        "name": name,
        "kind": TOPIC,
        "text": declared["doc"],
        "columns": [
            {
                "name": field["name"],
                "type": avro_type(field["type"]),
                "nullable": isinstance(field["type"], list),
                "text": field["doc"],
            }
            for field in declared["fields"]
        ],
    }


def avro_type(declared: Any) -> str:  # noqa: ANN401 - an Avro type is any JSON value
    """Return the name of an Avro type: its logical type, ``string[]`` for an array of texts."""
    if isinstance(declared, list):
        return avro_type(next(one for one in declared if one != "null"))
    if isinstance(declared, dict):
        if declared["type"] == "array":
            return f"{avro_type(declared['items'])}[]"
        return str(declared.get("logicalType", declared["type"]))
    return str(declared)


def _relation(found: Mapping[str, Any], codes: Mapping[str, Sequence[Code]]) -> DictionaryRelation:
    questions = _questions(found["name"])
    source = RECORD if found["kind"] == TOPIC else DATABASE
    return DictionaryRelation(
        name=found["name"],
        kind=found["kind"],
        text=found["text"],
        questions=questions,
        fields=tuple(_field(one, questions, source, codes) for one in found["columns"]),
    )


def _field(
    column: Mapping[str, Any],
    questions: Sequence[str],
    source: str,
    codes: Mapping[str, Sequence[Code]],
) -> DictionaryField:
    name = column["name"]
    meaning = meanings()
    code_list = meaning["codes"].get(name)
    return DictionaryField(
        name=name,
        type=column["type"],
        nullable=column["nullable"],
        text=column["text"],
        unit=_first(meaning["units"], name) if _is_number(column["type"]) else None,
        code_list=code_list,
        codes=codes.get(code_list, ()) if code_list else (),
        questions=_first(meaning["fields"], name) or questions,
        source=source,
    )


def _questions(relation: str) -> Sequence[str]:
    meaning = meanings()
    if relation == ANALYST_CONSULTATION:
        relation = "analytics.consultation"
    found: Sequence[str] = meaning["relations"].get(relation, tuple(meaning["questions"]))
    return found


def _first(patterns: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - what the table holds
    return next((value for key, value in patterns.items() if fnmatchcase(name, key)), None)


def _is_number(type_name: str) -> bool:
    return type_name in {
        *("int", "long", "double", "integer", "bigint", "numeric", "double precision"),
        "integer[]",
    }


def _codes(reference: Reference) -> dict[str, tuple[Code, ...]]:
    table = reference.frames[t.CODE_LISTS.file].select("list", "code", "name_no", "name_en")
    found: dict[str, tuple[Code, ...]] = {}
    for name, code, name_no, name_en in table.iter_rows():
        found[name] = (
            *found.get(name, ()),
            Code(code=code, name_no=name_no, name_en=name_en),
        )
    return found


def all_fields(
    whole: Dictionary,
) -> Iterator[tuple[DictionaryRelation, DictionaryField]]:
    """Yield every field with its relation."""
    for relation in whole.relations:
        for field in relation.fields:
            yield relation, field


def _text(name: str) -> str:
    return files("kpr_stream.dictionary").joinpath(name).read_text("utf-8")
