"""The sender in C# has what the product has. No SDK is here: nothing of it is built or run.

What a compiler would find is not found here. Compared are the values, tables and names that the
code holds, with those that the product works with, and the SQL with that of the Java sender, which
passes every case of ``conformance``.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest

from kpr_stream.conformance.orders import DELIVER, RENUMBER, RESUME
from kpr_stream.keys import envelope as encryption
from kpr_stream.model.delivery import TAG_BYTES
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.sender_states import RESEND_AT_MOST_S, UNIT_WINDOW, SenderState, row_for
from kpr_stream.model.topics import PARTITIONS, delivery_topic, receipt_topic
from kpr_stream.model.words import Cause, MessageType, ReceiptStatus, Refusal, System
from tests.support.repository import ROOT, SCHEMAS
from tests.unit.conformance.variables import sender_variables

CSHARP: Final = ROOT / "examples" / "csharp"
JAVA: Final = ROOT / "examples" / "java" / "src" / "main" / "java" / "no" / "kpr" / "example"
TEXT: Final = r'"(?:[^"\\]|\\.)*"'
SQL: Final = ("CREATE ", "DELETE ", "INSERT ", "PRAGMA ", "SELECT ", "UPDATE ")
ONLY_CSHARP: Final = {"SELECT state FROM unit WHERE org_nr = @1"}
"""Java's sender finds the state with the attempt; here the table of states asks for it."""
AVRO_OF: Final = {"string": "string", "int": "int", "long": "long"}
SQL_OF: Final = {"string": "TEXT", "long": "INTEGER", "byte[]": "BLOB"}


def source(name: str) -> str:
    """A file of the sender, without its comments."""
    text = (CSHARP / "src" / f"{name}.cs").read_text("utf-8")
    return re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)


def all_source() -> str:
    return "\n".join(source(file.stem) for file in sorted((CSHARP / "src").glob("*.cs")))


def constant(name: str, text: str) -> int:
    (found,) = re.findall(rf"\b{name} = ([\d_]+)[,;]", text)
    return int(found)


def schema(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / file).read_text("utf-8"))
    return found


def fields(file: str) -> dict[str, Any]:
    return {field["name"]: field["type"] for field in schema(file)["fields"]}


def files_of(record: str) -> dict[int, str]:
    """The ids and files of every version of a record."""
    return {entry["id"]: entry["file"] for entry in schema("catalogue.json")[record]}


# Constants


def test_the_limits_are_those_of_the_contract() -> None:
    outbox, sender = source("Outbox"), source("Sender")
    assert constant("Window", outbox) == UNIT_WINDOW
    assert constant("LongestWaitMs", outbox) == RESEND_AT_MOST_S * 1000
    assert constant("Partitions", sender) == PARTITIONS
    (most,) = re.findall(r'\["message.max.bytes"\] = "(\d+)"', sender)
    assert int(most) == RECEIVER.record_bytes


def test_the_schema_ids_are_those_of_the_catalogue() -> None:
    text = source("Schemas")
    assert {constant("DeliveryId", text): "delivery.v1.avsc"} == files_of("delivery")
    receipts = re.findall(r'\[(\d+)\] = Read\("([\w.]+)"\)', text)
    assert {int(number): file for number, file in receipts} == files_of("receipt")
    items = dict(re.findall(r'\["(\w+)"\] = Read\("([\w.]+)"\)', text))
    assert items.keys() == set(MessageType) - {MessageType.HELLO}
    for message_type, file in items.items():
        assert file in files_of(f"{message_type}_item").values()


def test_every_schema_that_is_read_is_built_in() -> None:
    project = (CSHARP / "sender.csproj").read_text("utf-8")
    (pattern,) = re.findall(r'<EmbeddedResource Include="([^"]+)"', project)
    folder, name = pattern.rsplit("/", 1)
    assert (CSHARP / folder).resolve() == SCHEMAS
    read = re.findall(r'Read\("([\w.]+)"\)', source("Schemas"))
    assert read
    for file in read:
        assert fnmatch(file, name)
        assert (SCHEMAS / file).is_file()


def test_every_package_has_one_version() -> None:
    project = (CSHARP / "sender.csproj").read_text("utf-8")
    packages = dict(re.findall(r'<PackageReference Include="([\w.]+)" Version="([^"]+)"', project))
    assert packages.keys() >= {"Apache.Avro", "Confluent.Kafka"}
    assert len(packages) == project.count("<PackageReference")
    for version in packages.values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


@pytest.mark.parametrize("system", System)
def test_the_topics_are_those_of_the_system(system: System) -> None:
    prefixes = re.findall(r'"(kpr\.hst\.[\w.]+)" \+ system', source("Sender"))
    assert {prefix + system for prefix in prefixes} == {
        delivery_topic(system),
        receipt_topic(system),
    }


# Settings and orders


def test_the_variables_are_those_that_conformance_gives(tmp_path: Path) -> None:
    read = set(re.findall(r'Setting\("(\w+)"\)', source("Sender")))
    assert read == sender_variables(tmp_path)


def test_the_orders_are_those_that_conformance_gives() -> None:
    assert set(re.findall(r'case "(\w+)":', source("Outbox"))) == {DELIVER, RESUME, RENUMBER}


def test_kafka_is_asked_for_what_the_page_says() -> None:
    settings = dict(re.findall(r'\["([\w.]+)"\] = "(\w+)"', source("Sender")))
    assert settings.items() >= {
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("partitioner", "murmur2_random"),
        ("isolation.level", "read_committed"),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
        ("enable.partition.eof", "true"),
    }
    assert '["group.id"] = Setting("SENDER_USERNAME") + "' in source("Sender")


# Records


def test_the_envelope_has_every_field_of_the_schema() -> None:
    text = source("Envelope")
    given = re.findall(r'envelope\.Add\("(\w+)"', text)
    assert sorted(given) == sorted(fields("delivery.v1.avsc"))
    null, inner = fields("delivery.v1.avsc")["encryption"]
    assert null == "null"  # the code takes the second type of the union
    given = re.findall(r'encryption\.Add\("(\w+)"', text)
    assert sorted(given) == sorted(field["name"] for field in inner["fields"])


def test_the_payload_is_encrypted_as_the_product_does() -> None:
    text = source("Envelope")
    assert constant("ContentKeyBytes", text) == encryption.CONTENT_KEY_BYTES
    assert constant("NonceBytes", text) == encryption.NONCE_BYTES
    assert constant("TagBytes", text) == TAG_BYTES
    assert re.findall(r"RSAEncryptionPadding\.(\w+)", text) == ["OaepSHA256"]
    (bound,) = re.findall(r'string\.Join\(\s*"\\n", ([\w., ]+)\)', text)
    members = {"OrgNr": "org_nr", "Id": "delivery_id", "MessageType": "message_type"}
    values = {name: f"<{name}>" for name in (*members.values(), "system", "contract_version")}
    names = [members.get(word.removeprefix("one."), word) for word in bound.split(", ")]
    names = ["sequence" if word == "one.Sequence" else word for word in names]
    names = ["contract_version" if word == "ContractVersion" else word for word in names]
    expected = encryption.associated_data(**values, sequence=7)
    assert "\n".join({**values, "sequence": "7"}[name] for name in names).encode() == expected


@pytest.mark.parametrize("file", ["consultation_item.v1.avsc", "appointment_item.v1.avsc"])
def test_every_type_of_an_item_is_packed(file: str) -> None:
    text = source("Order")
    packed = {word.lower() for word in re.findall(r"Schema\.Type\.(\w+) =>", text)}
    times = set(re.findall(r'"([\w-]+)" => ', text))
    for kind in fields(file).values():
        if isinstance(kind, list):
            null, kind = kind  # noqa: PLW2901 - the code takes the second type of the union
            assert null == "null"
        if isinstance(kind, str):
            assert kind in packed
        elif "logicalType" in kind:
            assert "logical" in packed
            assert kind["logicalType"] in times
        else:
            assert kind == {"type": "array", "items": "string"}
            assert "array" in packed


@pytest.mark.parametrize("file", ["receipt.v1.avsc", "receipt.v2.avsc"])
def test_what_is_read_of_a_receipt_is_in_both_versions(file: str) -> None:
    text = all_source()
    there = fields(file)
    assert set(re.findall(r'receipt\["(\w+)"\]', text)) <= there.keys()
    cast = set(re.findall(r'\((\w+)\)receipt\["(\w+)"\]', text))
    assert cast
    for kind, name in cast:
        assert there[name] == AVRO_OF[kind], name


# States


def arms() -> list[tuple[set[str] | None, set[str] | None, str | None]]:
    """The rows of the table of states: states, statuses (None: any) and the state after it."""
    (table,) = re.findall(r"\(state, status\) switch \{(.*?)\};", source("Outbox"), re.DOTALL)
    found = []
    for line in filter(None, map(str.strip, table.splitlines())):
        left, right = line.rstrip(",").split(" => ")
        sides = left.strip("()").split(", ") if left != "_" else ["_", "_"]
        states, statuses = (set(re.findall(r'"(\w+)"', side)) or None for side in sides)
        found.append((states, statuses, None if right == "null" else right.strip('"')))
    return found


@pytest.mark.parametrize("state", SenderState)
@pytest.mark.parametrize("status", ReceiptStatus)
def test_the_state_after_a_receipt_is_that_of_the_page(
    state: SenderState, status: ReceiptStatus
) -> None:
    after = next(
        after
        for states, statuses, after in arms()
        if (states is None or state in states) and (statuses is None or status in statuses)
    )
    expected = row_for(state, status).after
    assert (after or state) == (expected or state)


def test_every_status_is_named_and_no_other() -> None:
    named = set().union(*(statuses or set() for _, statuses, _ in arms()))
    assert named == set(ReceiptStatus)
    finished = re.findall(r"status is ([\w\" ]+)\)", source("Outbox"))
    assert [set(re.findall(r'"(\w+)"', one)) for one in finished] == [
        {ReceiptStatus.PROCESSED, ReceiptStatus.REPEATED, ReceiptStatus.HELLO}
    ]


def test_no_refusal_is_treated_unlike_the_others() -> None:
    quoted = {word.strip('"') for word in re.findall(TEXT, all_source())}
    assert quoted & {*Refusal, *Cause} == set()


# The outbox


def statements(text: str) -> set[str]:
    """Every SQL statement of a source, its texts joined; parameters are @1, @2 …"""
    known: dict[str, str] = {}
    for name, value in re.findall(rf"[sS]tring (\w+)\s*=\s*((?:{TEXT}|[\s+])+);", text):
        known[name] = "".join(one[1:-1] for one in re.findall(TEXT, value))
    part = "|".join((TEXT, *map(r"\b{}\b".format, known)))
    chains = re.findall(rf"(?:{part})(?:\s*\+\s*(?:{part}))*", text)
    whole = {
        "".join(known.get(one, one[1:-1]) for one in re.findall(part, chain)) for chain in chains
    }
    return {_numbered(one) for one in whole if one.startswith(SQL)}


def _numbered(sql: str) -> str:
    places: Iterator[int] = iter(range(1, 100))
    return re.sub(r"\?(\d*)", lambda found: f"@{found[1] or next(places)}", sql)


def test_the_sql_is_that_of_the_java_sender() -> None:
    java = statements((JAVA / "Outbox.java").read_text("utf-8"))
    ours = statements(source("Outbox"))
    assert len(java) > len(SQL)
    assert ours - java == ONLY_CSHARP
    assert java - ours == set()


def test_sqlite_takes_every_statement_and_has_the_columns_that_are_read() -> None:
    ours = statements(source("Outbox"))
    tables = sorted(
        (one for one in ours if one.startswith("CREATE ")), key=lambda s: " INDEX " in s
    )
    others = [one for one in ours if not one.startswith(("CREATE ", "PRAGMA "))]
    with closing(sqlite3.connect(":memory:")) as database:
        for table in tables:
            database.execute(table)
        for statement in others:
            places = set(re.findall(r"@(\d+)", statement))
            database.execute(f"EXPLAIN {statement}", dict.fromkeys(places))
        columns = {name: kind for _, name, kind, *_ in database.execute(TYPES_OF_DELIVERY)}
    cast = set(re.findall(r'\((string|long|byte\[\])\)row\["(\w+)"\]', source("Outbox")))
    assert cast
    for kind, name in cast:
        assert columns[name] == SQL_OF[kind], name


TYPES_OF_DELIVERY: Final = "PRAGMA table_info(delivery)"
