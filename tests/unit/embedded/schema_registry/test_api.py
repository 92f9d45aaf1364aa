"""Replies of the schema registry's API, as its reference describes them."""

from __future__ import annotations

import json

import pytest

from kpr_stream.embedded.schema_registry.api import respond
from kpr_stream.model.topics import CONSULTATION, TOPICS, UNIT
from kpr_stream.schemas.catalogue import all_schemas, schema
from kpr_stream.schemas.subjects import RECORD_OF_TOPIC, subjects

SUBJECT = f"{CONSULTATION}-value"


def test_every_topic_has_a_record_and_every_record_is_in_the_catalogue() -> None:
    assert set(RECORD_OF_TOPIC) == {t.name for t in TOPICS}
    assert all(versions for versions in subjects().values())


def test_every_schema_is_found_by_its_id_also_those_on_no_topic() -> None:
    for known in all_schemas():
        reply = respond("GET", f"/schemas/ids/{known.id}")
        assert (reply.status, reply.body) == (200, {"schema": known.text})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", {}),
        ("/schemas/types", ["AVRO"]),
        ("/subjects", [f"{topic}-value" for topic in RECORD_OF_TOPIC]),
        (f"/subjects/{SUBJECT}/versions", [1, 2]),
        ("/config", {"compatibilityLevel": "BACKWARD_TRANSITIVE"}),
        (f"/config/{SUBJECT}", {"compatibilityLevel": "BACKWARD_TRANSITIVE"}),
        ("/mode", {"mode": "READONLY"}),
        ("/schemas/ids/131/versions", [{"subject": f"{UNIT}-value", "version": 1}]),
        ("/schemas/ids/131/subjects?deleted=true", [f"{UNIT}-value"]),
        ("/schemas/ids/111/subjects", []),
    ],
)
def test_reads(path: str, body: object) -> None:
    assert respond("GET", path) == type(respond("GET", path))(200, body)


@pytest.mark.parametrize(("version", "number"), [("1", 1), ("2", 2), ("latest", 2), ("-1", 2)])
def test_a_version_by_number_or_as_the_latest(version: str, number: int) -> None:
    wanted = schema("consultation", number)
    entry = respond("GET", f"/subjects/{SUBJECT}/versions/{version}").body
    assert entry == {
        "subject": SUBJECT,
        "version": number,
        "id": wanted.id,
        "schemaType": "AVRO",
        "schema": wanted.text,
    }
    bare = respond("GET", f"/subjects/{SUBJECT}/versions/{version}/schema").body
    assert bare == json.loads(wanted.text)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subjects/unknown-value/versions", 404, 40401),
        ("/config/unknown-value", 404, 40401),
        (f"/subjects/{SUBJECT}/versions/99", 404, 40402),
        (f"/subjects/{SUBJECT}/versions/0", 422, 42202),
        (f"/subjects/{SUBJECT}/versions/x", 422, 42202),
        ("/schemas/ids/999", 404, 40403),
        ("/schemas/ids/x", 404, 40403),
        ("/schemas/unknown", 404, 404),
        ("/unknown", 404, 404),
    ],
)
def test_errors(path: str, status: int, code: int) -> None:
    reply = respond("GET", path)
    assert (reply.status, reply.body["error_code"]) == (status, code)


def lookup(subject: str, body: object) -> tuple[int, object]:
    reply = respond("POST", f"/subjects/{subject}", json.dumps(body).encode())
    return reply.status, reply.body.get("id", reply.body.get("error_code"))


def test_lookup_finds_a_schema_however_its_text_is_written() -> None:
    wanted = schema("consultation")
    rewritten = json.dumps(json.loads(wanted.text), indent=7)
    assert lookup(SUBJECT, {"schema": rewritten}) == (200, wanted.id)
    assert lookup(SUBJECT, {"schema": '"string"'}) == (404, 40403)
    assert lookup(SUBJECT, {"schema": schema("receipt").text}) == (404, 40403)
    assert lookup("unknown-value", {"schema": wanted.text}) == (404, 40401)
    broken: object
    for broken in ({"schema": "{"}, {"schema": '{"type": "nonsense"}'}, {}, []):
        assert lookup(SUBJECT, broken) == (422, 42201)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_nothing_can_be_changed(method: str) -> None:
    assert respond(method, f"/subjects/{SUBJECT}/versions", b"{}").status == 405
