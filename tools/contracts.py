"""Writes the data contracts, in the Open Data Contract Standard 3.1: part of ``make pages``.

One for the analysts' topic and one for the database. Both are made of the dictionary, so a new
relation is in them by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import yaml

from kpr_stream import __version__
from kpr_stream.dictionary.model import (
    TOPIC,
    Dictionary,
    DictionaryField,
    DictionaryRelation,
    dictionary,
    meanings,
)
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.topics import ANALYST_CONSULTATION
from kpr_stream.reference import load_reference
from tests.support.repository import ROOT
from tools.generated import write

FOLDER: Final = ROOT / "contracts"
TOPIC_FILE: Final = FOLDER / "analyst-topic.odcs.yaml"
DATABASE_FILE: Final = FOLDER / "analytics.odcs.yaml"
HEAD: Final = "# Written by tools/contracts.py (make pages): do not edit.\n"
SCHEMA: Final = "analytics"
LOGICAL: Final[Mapping[str, str]] = {
    **dict.fromkeys(("string", "text", "name", "uuid"), "string"),
    **dict.fromkeys(("int", "long", "smallint", "integer", "bigint"), "integer"),
    **dict.fromkeys(("double", "real", "double precision", "numeric"), "number"),
    **dict.fromkeys(("timestamp with time zone", "timestamp-millis"), "timestamp"),
    **{name: name for name in ("boolean", "date")},
    **dict.fromkeys(("json", "jsonb"), "object"),
}
"""Logical type of the standard by the type of Avro or PostgreSQL."""
KEYS: Final[Mapping[str, str]] = {
    ANALYST_CONSULTATION: "consultation_key",
    "analytics.consultation": "consultation_key",
    "analytics.appointment": "appointment_key",
}
"""The field that names one row, where one field does."""
LIMITATIONS: Final = (
    "Ages, programme steps and z-scores count from the ISO week of birth: seven birth dates remain "
    "possible for every child. Counts are as they are, also small ones: publish nothing of them "
    "without disclosure control."
)
USAGE: Final = (
    "Statistics and research on the four questions: activity and resources, follow-up as the "
    "guideline says, breastfeeding, weight and length. Nobody may try to find out who a person is."
)


def files() -> dict[Path, str]:
    """Return the two contracts."""
    whole = dictionary(__version__, load_reference())
    return {
        TOPIC_FILE: _as_yaml(topic_contract(whole)),
        DATABASE_FILE: _as_yaml(database_contract(whole)),
    }


def topic_contract(whole: Dictionary) -> dict[str, Any]:
    """Return the contract of the analysts' topic."""
    server = {
        "server": "register",
        "type": "kafka",
        "description": "The register's Kafka cluster; the operator tells its address.",
        "host": "kafka.kpr.invalid:9093",
        "format": "avro",
    }
    return {
        **_head(whole, "analyst-topic", "The analysts' topic"),
        "description": _description("The consultations that analysts may see, as they change."),
        "servers": [server],
        "schema": [_object(one) for one in whole.relations if one.kind == TOPIC],
        "slaProperties": [
            _sla(
                "latency",
                1,
                "d",
                "operational",
                "From the receiver's answer to the topic. A "
                "visit in the week of birth waits until that week is over, seven days at most.",
            ),
            _sla("frequency", 1, "d", "regulatory", "Units report every day."),
            _sla(
                "retention",
                1,
                "y",
                "regulatory",
                "The newest record of a key stays for as long "
                "as the register; earlier ones are compacted within four days.",
            ),
        ],
        **_tail("analyst"),
    }


def database_contract(whole: Dictionary) -> dict[str, Any]:
    """Return the contract of the schema ``analytics``: every relation in it."""
    server = {
        "server": "register",
        "type": "postgres",
        "description": "The register's database; the operator tells its address.",
        "host": "postgres.kpr.invalid",
        "port": 5432,
        "database": "kpr",
        "schema": SCHEMA,
    }
    objects = [one for one in whole.relations if one.name.startswith(f"{SCHEMA}.")]
    return {
        **_head(whole, "analytics", "Views for analysts"),
        "description": _description("Rows without birth dates, and counts of the four questions."),
        "servers": [server],
        "schema": [_object(one) for one in objects],
        "slaProperties": [
            _sla("latency", 1, "d", "operational", "The views are as old as the last refresh."),
            _sla("frequency", 1, "d", "regulatory", "Units report every day."),
            _sla("retention", 10, "y", "regulatory", "Rows since 2017; a deleted one is removed."),
        ],
        **_tail("analyst"),
    }


def _head(whole: Dictionary, name: str, title: str) -> dict[str, Any]:
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": str(uuid5(NAMESPACE_URL, f"urn:no:kpr:hst:contract:{name}")),
        "name": title,
        "version": whole.version,
        "status": "active",
        "domain": "health-stations",
        "dataProduct": "KPR Stream",
        "tags": ["helsestasjon", "skolehelsetjeneste", "pseudonymous"],
    }


def _description(purpose: str) -> dict[str, str]:
    return {"purpose": purpose, "usage": USAGE, "limitations": LIMITATIONS}


def _tail(role: str) -> dict[str, Any]:
    owner = meanings()["owner"]
    return {
        "roles": [
            {
                "role": role,
                "access": "read",
                "description": "A login that the operator gives, for a purpose that is approved.",
            }
        ],
        "team": {"name": owner["name"], "description": f"Owner: {owner['name_en']}."},
        "support": [
            {"channel": "mail", "tool": "email", "url": f"mailto:{owner['mail']}"},
        ],
    }


def _sla(what: str, value: int, unit: str, driver: str, text: str) -> dict[str, Any]:
    return {
        "property": what,
        "value": value,
        "unit": unit,
        "driver": driver,
        "description": text,
    }


def _object(one: DictionaryRelation) -> dict[str, Any]:
    short = one.name.removeprefix(f"{SCHEMA}.")
    key = KEYS.get(one.name)
    found: dict[str, Any] = {
        "name": short,
        "physicalName": short,
        "physicalType": one.kind,
        "logicalType": "object",
        "description": one.text,
        "tags": [f"question-{letter}" for letter in one.questions],
        "properties": [_property(field, key) for field in one.fields],
    }
    return found


def _property(field: DictionaryField, key: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": field.name,
        **_types(field.type),
        "description": field.text,
        "required": field.name == key,
    }
    if field.name == key:
        found |= {"primaryKey": True, "primaryKeyPosition": 1, "unique": True}
    found["classification"] = "restricted"
    if quality := list(_quality(field, key)):
        found["quality"] = quality
    more = {
        "unit": field.unit,
        "codeList": field.code_list,
        "questions": " ".join(field.questions),
    }
    found["customProperties"] = [
        {"property": name, "value": value} for name, value in more.items() if value
    ]
    return found


def _types(written: str) -> dict[str, Any]:
    element = written.removesuffix("[]")
    if element not in LOGICAL:
        raise ConfigurationError(
            f"The contracts know no logical type for {element}.",
            what_to_do="Add the type to LOGICAL in tools/contracts.py.",
        )
    if element == written:
        return {"logicalType": LOGICAL[written], "physicalType": written}
    item = {"name": "item", "logicalType": LOGICAL[element], "physicalType": element}
    return {"logicalType": "array", "physicalType": written, "items": item}


def _quality(field: DictionaryField, key: str | None) -> Iterator[dict[str, Any]]:
    if field.name == key:
        yield _rule("nullValues", "completeness", "Every row has its key.")
        yield _rule("duplicateValues", "uniqueness", "A key names one row.")
    if field.name == "sex":
        yield {
            **_rule("invalidValues", "conformity", "Codes of Volven 3101."),
            "arguments": {"validValues": ["0", "1", "2", "9"]},
        }
    if field.name == "age_days":
        raise ValueError("an age in days beside a date is a birth date: no analyst may see it")


def _rule(metric: str, dimension: str, text: str) -> dict[str, Any]:
    return {
        "type": "library",
        "metric": metric,
        "mustBe": 0,
        "dimension": dimension,
        "severity": "error",
        "description": text,
    }


def _as_yaml(contract: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(dict(contract), sort_keys=False, allow_unicode=True, width=100)
    return HEAD + text


if __name__ == "__main__":
    write(files())
