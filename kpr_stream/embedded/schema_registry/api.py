"""Answer the read half of the Confluent schema registry's API, over this release's schemas.

Standard clients use it to decode our records and to find a schema's id by its text. Nothing can
be registered: the repository fixes the ids. Pure. Source: Confluent's schema registry API
reference.
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
class RegistryReply:
    """The HTTP status and JSON body of one reply."""

    status: int
    body: Any


def respond(method: str, target: str, body: bytes = b"") -> RegistryReply:
    """Return the reply to a request. Errors are replies too, with the registry's own codes."""
    parts = [unquote(part) for part in urlsplit(target).path.split("/") if part]
    try:
        if method == "GET":
            return _get(parts)
        if method == "POST" and len(parts) == 2 and parts[0] == "subjects":
            return RegistryReply(200, _lookup(parts[1], body))
    except _ErrorReply as error:
        return error.reply
    return _error(
        405, 40501, "This registry is read-only: schemas and their ids are fixed by the release."
    ).reply


class _ErrorReply(Exception):  # noqa: N818 - carries a reply to ``respond``, not a failure
    def __init__(self, reply: RegistryReply) -> None:
        super().__init__()
        self.reply = reply


def _error(status: int, code: int, message: str) -> _ErrorReply:
    return _ErrorReply(RegistryReply(status, {"error_code": code, "message": message}))


def _get(parts: Sequence[str]) -> RegistryReply:
    match parts:
        case []:
            return RegistryReply(200, {})
        case ["schemas", *rest]:
            return RegistryReply(200, _schemas(rest))
        case ["subjects", *rest]:
            return RegistryReply(200, _subjects(rest))
        case ["config"]:
            return RegistryReply(200, {"compatibilityLevel": COMPATIBILITY})
        case ["config", subject]:
            _versions(subject)
            return RegistryReply(200, {"compatibilityLevel": COMPATIBILITY})
        case ["mode"] | ["mode", _]:
            return RegistryReply(200, {"mode": "READONLY"})
    raise _no_such_path()


def _schemas(rest: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    match rest:
        case ["types"]:
            return ["AVRO"]
        case ["ids", schema_id]:
            return {"schema": _by_id(schema_id).text}
        case ["ids", schema_id, "schema"]:
            return json.loads(_by_id(schema_id).text)
        case ["ids", schema_id, "versions"]:
            return [{"subject": s, "version": v} for s, v in _places(_by_id(schema_id))]
        case ["ids", schema_id, "subjects"]:
            return [subject for subject, _ in _places(_by_id(schema_id))]
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


def _no_such_path() -> _ErrorReply:
    return _error(404, 404, "HTTP 404 Not Found")


def _by_id(schema_id: str) -> Schema:
    schema = schemas_by_id().get(int(schema_id)) if schema_id.isdecimal() else None
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
    """Return Avro's parsing canonical form, which is the same for all texts of one schema."""
    return fastavro.schema.to_parsing_canonical_form(json.loads(text))


def _entry(subject: str, schema: Schema) -> dict[str, Any]:
    return {
        "subject": subject,
        "version": schema.version,
        "id": schema.id,
        "schemaType": "AVRO",
        "schema": schema.text,
    }
