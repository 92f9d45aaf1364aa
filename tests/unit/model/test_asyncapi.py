"""The AsyncAPI document says what the tables of topics, rights and schemas say."""

from __future__ import annotations

import json
from typing import Any

import yaml

from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.topics import PARTITIONS, RECEIPT_TOPICS, SOURCE_TOPICS
from kpr_stream.model.words import SYSTEMS
from kpr_stream.schemas.catalogue import schema
from tests.support.repository import ROOT

DOCUMENT: Any = yaml.safe_load((ROOT / "docs" / "vendor" / "asyncapi.yaml").read_text("utf-8"))
LOCK = ROOT / "tools" / "asyncapi" / "package-lock.json"


def test_each_system_has_its_two_topics_and_operations() -> None:
    addresses = {channel["address"] for channel in DOCUMENT["channels"].values()}
    assert addresses == {*SOURCE_TOPICS[: len(SYSTEMS)], *RECEIPT_TOPICS}
    actions = [one["action"] for one in DOCUMENT["operations"].values()]
    assert sorted(actions) == ["receive"] * len(SYSTEMS) + ["send"] * len(SYSTEMS)
    for channel in DOCUMENT["channels"].values():
        kafka = channel["bindings"]["kafka"]
        assert (kafka["topic"], kafka["partitions"]) == (channel["address"], PARTITIONS)
        if "delivery" in channel["address"]:
            assert kafka["topicConfiguration"]["max.message.bytes"] == RECEIVER.record_bytes


def test_every_message_has_the_published_schema_and_whole_examples() -> None:
    for name, message in DOCUMENT["components"]["messages"].items():
        record, version = name.split("-v")
        published = json.loads(schema(record, int(version)).text)
        assert message["payload"]["schema"] == published
        for example in message["examples"]:
            assert list(example["payload"]) == [field["name"] for field in published["fields"]]


def test_the_locked_packages_name_no_registry_and_have_digests() -> None:
    packages = json.loads(LOCK.read_text("utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name
