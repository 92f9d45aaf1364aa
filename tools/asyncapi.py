"""Writes `docs/vendor/asyncapi.yaml`: a vendor's topics as AsyncAPI 3.

Run: python -m tools.asyncapi. `tools/asyncapi/validate.mjs` validates the document.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import fastavro
import yaml

from kpr_stream import __version__
from kpr_stream.model.acls import Resource, Right, acls
from kpr_stream.model.topics import TOPICS, delivery_topic, receipt_topic
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.schemas.catalogue import Schema, all_schemas
from kpr_stream.settings import SaslMechanism, SecurityProtocol
from tests.support.repository import ROOT, SCHEMAS
from tools.generated import write
from tools.own_sender_pages import numbers

FILE: Final = ROOT / "docs" / "vendor" / "asyncapi.yaml"
AVRO: Final = "application/vnd.apache.avro;version=1.9.0"
BINDING: Final = "0.5.0"
"""Version of the Kafka bindings of AsyncAPI."""
NOTE: Final = "# Made by python -m tools.asyncapi. Do not edit.\n"
KEY: Final = {
    "type": "string",
    "pattern": "^[0-9]{9}$",
    "description": "The unit's org number. The partition is murmur2(key) mod 8.",
}
EXAMPLES: Final = {
    "delivery": ("valid-encrypted", "valid-quiet-day-second-attempt", "valid-hello"),
    "receipt": ("valid-processed", "valid-refused", "valid-out-of-order"),
    "consultation_item": ("valid-two-years", "valid-delete"),
    "appointment_item": ("valid-attended", "valid-delete"),
}
"""Golden examples of each record."""


def document() -> dict[str, Any]:
    """The whole document, as seen by a vendor's sender: it sends deliveries and reads receipts."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "KPR Stream for EPJ vendors",
            "version": __version__,
            "description": "Deliveries of health stations to the register KPR, and their receipts. "
            "The payload of a delivery is an encrypted Avro container of items: the schemas "
            "consultation_item and appointment_item. docs/vendor/own-sender.md explains all.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/vnd.confluent.avro",
        "x-numbers": numbers(),
        "servers": _servers(),
        "channels": {name: one for system in SYSTEMS for name, one in _channels(system)},
        "operations": {name: one for system in SYSTEMS for name, one in _operations(system)},
        "components": {
            "messages": {
                _message_name(one): _message(one) for one in _schemas("delivery", "receipt")
            },
            "schemas": {
                one.name: _payload(one) | {"x-examples": _examples(one)}
                for one in _schemas("consultation_item", "appointment_item")
            },
            "securitySchemes": {
                "scram": {
                    "type": "scramSha256",
                    "description": f"SASL {SaslMechanism.SCRAM_SHA_256.value}. The user name is "
                    "the word of the system, for example visma-hspro. An operator may give "
                    f"{SaslMechanism.SCRAM_SHA_512.value} instead.",
                }
            },
        },
    }


def _servers() -> dict[str, Any]:
    security = [{"$ref": "#/components/securitySchemes/scram"}]
    return {
        "register": {
            "host": "{address}",
            "protocol": "kafka-secure",
            "description": f"{SecurityProtocol.SASL_SSL.value}. The register's operator gives the "
            "address.",
            "variables": {
                "address": {
                    "default": "kafka-1.example.no:9093",
                    "description": "Host and port of one of the brokers.",
                }
            },
            "security": security,
        },
        "laptop": {
            "host": "localhost:9092",
            "protocol": "kafka",
            "description": f"{SecurityProtocol.SASL_PLAINTEXT.value}. What `kpr-stream up` starts; "
            "its port is in stack.json.",
            "security": security,
        },
    }


def _channels(system: System) -> Iterator[tuple[str, dict[str, Any]]]:
    yield _channel_name("deliveries", system), _channel(delivery_topic(system), "delivery")
    yield _channel_name("receipts", system), _channel(receipt_topic(system), "receipt")


def _channel_name(what: str, system: System) -> str:
    return f"{what}-{system}"


def _channel(name: str, record: str) -> dict[str, Any]:
    (topic,) = (one for one in TOPICS if one.name == name)
    configuration: dict[str, Any] = {
        "cleanup.policy": topic.settings["cleanup.policy"].split(","),
        "retention.ms": int(topic.settings["retention.ms"]),
    }
    if "max.message.bytes" in topic.settings:
        configuration["max.message.bytes"] = int(topic.settings["max.message.bytes"])
    return {
        "address": name,
        "messages": {
            _message_name(one): {"$ref": f"#/components/messages/{_message_name(one)}"}
            for one in _schemas(record)
        },
        "bindings": {
            "kafka": {
                "topic": name,
                "partitions": topic.partitions,
                "topicConfiguration": configuration,
                "bindingVersion": BINDING,
            }
        },
    }


def _operations(system: System) -> Iterator[tuple[str, dict[str, Any]]]:
    deliveries, receipts = (_channel_name(what, system) for what in ("deliveries", "receipts"))
    yield (
        f"send-delivery-{system}",
        {
            "action": "send",
            "channel": {"$ref": f"#/channels/{deliveries}"},
            "summary": "Send one delivery; a receipt answers each attempt.",
            "messages": _of_channel(deliveries, "delivery"),
            "reply": {
                "channel": {"$ref": f"#/channels/{receipts}"},
                "messages": _of_channel(receipts, "receipt"),
            },
        },
    )
    yield (
        f"read-receipts-{system}",
        {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{receipts}"},
            "summary": "Read the receipts with isolation.level=read_committed.",
            "messages": _of_channel(receipts, "receipt"),
            "bindings": {
                "kafka": {
                    "groupId": {"type": "string", "pattern": f"^{_group_prefix(system)}"},
                    "bindingVersion": BINDING,
                }
            },
        },
    )


def _of_channel(channel: str, record: str) -> list[dict[str, str]]:
    return [
        {"$ref": f"#/channels/{channel}/messages/{_message_name(one)}"} for one in _schemas(record)
    ]


def _group_prefix(system: System) -> str:
    """What the consumer groups of a system's login begin with: the one right on groups it has."""
    (found,) = (
        acl
        for acl in acls("kpr")
        if (acl.principal, acl.resource, acl.right) == (system, Resource.GROUP, Right.READ)
    )
    assert found.prefixed
    return found.name


def _schemas(*records: str) -> list[Schema]:
    return [one for one in all_schemas() if one.name in records]


def _message_name(one: Schema) -> str:
    return f"{one.name}-v{one.version}"


def _message(one: Schema) -> dict[str, Any]:
    return {
        "name": _message_name(one),
        "title": f"{one.name}, version {one.version}",
        "summary": json.loads(one.text)["doc"],
        "description": f"Byte 00, schema id {one.id} as 4 bytes big-endian, then Avro.",
        "payload": _payload(one),
        "bindings": {
            "kafka": {
                "key": KEY,
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "bindingVersion": BINDING,
            }
        },
        "examples": [{"name": name, "payload": value} for name, value in _examples(one).items()],
    }


def _payload(one: Schema) -> dict[str, Any]:
    return {"schemaFormat": AVRO, "schema": json.loads(one.text)}


def _examples(one: Schema) -> dict[str, Any]:
    folder = SCHEMAS / "examples" / one.name
    return {name: _plain(one, folder / f"{name}.json") for name in EXAMPLES[one.name]}


def _plain(one: Schema, file: Path) -> Any:
    """A golden example as plain JSON: without Avro's names of union branches; bytes as letters."""
    newest = max(_schemas(one.name), key=lambda other: other.version)
    parsed = fastavro.parse_schema(_without_logical_types(json.loads(newest.text)))
    text = json.dumps(json.loads(file.read_text("utf-8")))
    found: list[Any] = list(fastavro.json_reader(io.StringIO(text), parsed))
    (record,) = found
    known = {field: _letters(value) for field, value in record.items()}
    return {field: known[field] for field in one.field_names}


def _letters(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _letters(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_letters(part) for part in value]
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _without_logical_types(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_logical_types(part) for part in node]
    if isinstance(node, dict):
        return {k: _without_logical_types(v) for k, v in node.items() if k != "logicalType"}
    return node


def files() -> dict[Path, str]:
    """The document, by its path."""
    # Through JSON: equal parts would otherwise become anchors, which few readers follow.
    plain = json.loads(json.dumps(document()))
    return {FILE: NOTE + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)}


if __name__ == "__main__":
    write(files())
