"""The contracts say what the dictionary says, and name no machine."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from kpr_stream import __version__
from kpr_stream.dictionary.model import TOPIC, dictionary
from kpr_stream.reference import load_reference
from tools.catalogue_turtle import FILE, files
from tools.contracts import DATABASE_FILE, TOPIC_FILE

CONTRACTS = pytest.mark.parametrize("path", [TOPIC_FILE, DATABASE_FILE], ids=lambda p: p.stem)
MANDATORY = {
    "dcat:Catalog": ("dct:title", "dct:description", "dct:publisher", "dcat:contactPoint"),
    "dcat:Dataset": (
        *("dct:title", "dct:description", "dct:publisher", "dcat:contactPoint", "dcat:theme"),
    ),
    "dcat:Distribution": ("dcat:accessURL",),
    "foaf:Agent": ("foaf:name",),
}
"""What DCAT-AP-NO 3 makes mandatory of each class that the description uses."""


def read(path: Any) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


@CONTRACTS
def test_a_contract_has_owner_purpose_service_levels_roles_and_rules(path: Any) -> None:
    found = read(path)
    assert (found["apiVersion"], found["kind"]) == ("v3.1.0", "DataContract")
    assert found["version"] == __version__
    assert found["team"]["name"] == "Folkehelseinstituttet"
    assert set(found["description"]) == {"purpose", "usage", "limitations"}
    assert {one["property"] for one in found["slaProperties"]} == {
        *("latency", "frequency", "retention"),
    }
    assert [one["role"] for one in found["roles"]] == ["analyst"]
    rules = [
        rule["metric"]
        for one in found["schema"]
        for field in one["properties"]
        for rule in field.get("quality", ())
    ]
    assert {"nullValues", "duplicateValues", "invalidValues"} == set(rules)


@CONTRACTS
def test_a_server_has_no_address(path: Any) -> None:
    for server in read(path)["servers"]:
        assert re.fullmatch(r"[a-z]+\.kpr\.invalid(:\d+)?", server["host"])


def test_every_field_of_topic_and_schema_is_in_a_contract() -> None:
    whole = dictionary(__version__, load_reference())
    for path, wanted in (
        (TOPIC_FILE, [one for one in whole.relations if one.kind == TOPIC]),
        (DATABASE_FILE, [one for one in whole.relations if one.name.startswith("analytics.")]),
    ):
        found = {
            (one["name"], field["name"]): field["description"]
            for one in read(path)["schema"]
            for field in one["properties"]
        }
        assert found == {
            (one.name.removeprefix("analytics."), field.name): field.text
            for one in wanted
            for field in one.fields
        }


def test_the_catalogue_has_what_is_mandatory() -> None:
    text = files()[FILE]
    resources = re.findall(r"^<\S+> a (\S+) ;\n((?:    .*\n)+)", text, re.MULTILINE)
    kinds = [kind for kind, _ in resources]
    assert kinds.count("dcat:Dataset") == 2
    assert set(MANDATORY) <= set(kinds)
    for kind, body in resources:
        for wanted in MANDATORY.get(kind, ()):
            assert re.search(rf"^    {wanted} \S", body, re.MULTILINE), (kind, wanted)
    for both in re.findall(r"^    (?:dct:title|dct:description) (.*)$", text, re.MULTILINE):
        assert '"@nb' in both
        assert '"@en' in both
