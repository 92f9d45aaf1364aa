"""The read half of the Confluent schema registry's API, over the schemas of this release. Pure.

Standard clients decode our records with it and find a schema's id by its text. Nothing can be
registered: ids are fixed in the repository. Source: Confluent's schema registry API reference.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import fastavro.schema

from kpr_stream.schemas.catalogue import Schema, schemas_by_id
from kpr_stream.schemas.subjects import subjects

COMPATIBILITY = "BACKWARD_TRANSITIVE"


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status and JSON body."""

    status: int
    body: Any


def answer(method: str, target: str, body: bytes = b"") -> Answer:
    """Answer a request. Errors are answers too, with the registry's own codes."""
    parts = [unquote(part) for part in urlsplit(target).path.split("/") if part]
    try:
        if method == "GET":
            return _get(parts)
        if method == "POST" and len(parts) == 2 and parts[0] == "subjects":
            return Answer(200, _lookup(parts[1], body))
    except _Told as told:
        return told.answer
    return _error(
        405, 40501, "This registry is read-only: schemas and their ids are fixed by the release."
    ).answer


class _Told(Exception):  # noqa: N818 - an answer on its way out, not a failure
    def __init__(self, given: Answer) -> None:
        super().__init__()
        self.answer = given


def _error(status: int, code: int, message: str) -> _Told:
    return _Told(Answer(status, {"error_code": code, "message": message}))


def _get(parts: Sequence[str]) -> Answer:
    match parts:
        case []:
            return Answer(200, {})
        case ["schemas", *rest]:
            return Answer(200, _schemas(rest))
        case ["subjects", *rest]:
            return Answer(200, _subjects(rest))
        case ["config"]:
            return Answer(200, {"compatibilityLevel": COMPATIBILITY})
        case ["config", subject]:
            _versions(subject)
            return Answer(200, {"compatibilityLevel": COMPATIBILITY})
        case ["mode"] | ["mode", _]:
            return Answer(200, {"mode": "READONLY"})
    raise _no_such_path()


def _schemas(rest: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    match rest:
        case ["types"]:
            return ["AVRO"]
        case ["ids", given]:
            return {"schema": _by_id(given).text}
        case ["ids", given, "schema"]:
            return json.loads(_by_id(given).text)
        case ["ids", given, "versions"]:
            return [{"subject": s, "version": v} for s, v in _places(_by_id(given))]
        case ["ids", given, "subjects"]:
            return [subject for subject, _ in _places(_by_id(given))]
    raise _no_such_path()


def _subjects(rest: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    match rest:
        case []:
            return list(subjects())
        case [subject, "versions"]:
            return [s.version for s in _versions(subject)]
        case [subject, "versions", version]:
            return _entry(subject, _version(subject, version))
        case [subject, "versions", version, "schema"]:
            return json.loads(_version(subject, version).text)
    raise _no_such_path()


def _no_such_path() -> _Told:
    return _error(404, 404, "HTTP 404 Not Found")


def _by_id(given: str) -> Schema:
    schema = schemas_by_id().get(int(given)) if given.isdecimal() else None
    if schema is None:
        raise _error(404, 40403, "Schema not found")
    return schema


def _places(schema: Schema) -> list[tuple[str, int]]:
    return [
        (subject, version.version)
        for subject, versions in subjects().items()
        for version in versions
        if version.id == schema.id
    ]


def _versions(subject: str) -> tuple[Schema, ...]:
    found = subjects().get(subject)
    if found is None:
        raise _error(404, 40401, f"Subject '{subject}' not found.")
    return found


def _version(subject: str, given: str) -> Schema:
    versions = _versions(subject)
    if given in ("latest", "-1"):
        return versions[-1]
    if not given.isdecimal() or int(given) < 1:
        raise _error(422, 42202, f"The specified version '{given}' is not a valid version id.")
    for schema in versions:
        if schema.version == int(given):
            return schema
    raise _error(404, 40402, f"Version {given} not found.")


def _lookup(subject: str, body: bytes) -> dict[str, Any]:
    versions = _versions(subject)
    try:
        wanted = _canonical(json.loads(body)["schema"])
    except Exception as cause:
        raise _error(422, 42201, "The input is not a valid Avro schema.") from cause
    for schema in reversed(versions):
        if _canonical(schema.text) == wanted:
            return _entry(subject, schema)
    raise _error(404, 40403, "Schema not found")


def _canonical(text: str) -> str:
    """Avro's parsing canonical form: what two texts of one schema have in common."""
    return fastavro.schema.to_parsing_canonical_form(json.loads(text))


def _entry(subject: str, schema: Schema) -> dict[str, Any]:
    return {
        "subject": subject,
        "version": schema.version,
        "id": schema.id,
        "schemaType": "AVRO",
        "schema": schema.text,
    }
