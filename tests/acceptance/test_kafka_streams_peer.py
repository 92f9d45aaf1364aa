"""The Kafka Streams peer does the bare work exactly once, also if it is killed at it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import fastavro
import pytest
from aiokafka import AIOKafkaProducer

from kpr_stream.embedded.kafka.provision import admin_client, make_topics
from kpr_stream.kafka.access import KafkaAccess, kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import PARTITIONS, Role, Topic
from kpr_stream.schemas.catalogue import schema
from kpr_stream.simulate.identifiers import org_nr
from tests.support.deliveries import consultation, source_record
from tests.support.poll import eventually
from tests.support.processes import ending
from tests.support.repository import ROOT
from tests.support.stack import one_stack

PEER: Final = Path("bench") / "peers" / "kafka_streams"
OUTPUT_SCHEMA: Final = PEER.parent / "output.avsc"
INPUT: Final = "bench.peers.deliveries"
OUTPUT: Final = "bench.peers.kafka-streams"
UNITS: Final = 12
ITEMS: Final = 40
ROUNDS: Final = 8
"""Deliveries of each unit before the peer is killed, and again as many after it."""

Sent = Sequence[tuple[str, Sequence[Mapping[str, Any]]]]
"""Unit and items of each delivery, in order."""


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The peer in a copy, where it has not been built. Its build reads schemas beside it."""
    copy = tmp_path_factory.mktemp("peer")
    shutil.copytree(ROOT / PEER, copy / PEER, ignore=shutil.ignore_patterns("target"))
    shutil.copy(ROOT / OUTPUT_SCHEMA, copy / OUTPUT_SCHEMA)
    shutil.copytree(ROOT / "avro_schemas", copy / "avro_schemas")
    return copy / PEER / "run.sh"


def half(first_sequence: int) -> list[tuple[int, str, list[dict[str, Any]]]]:
    """Deliveries in turn: new items, the same again, and some of them changed."""
    found = []
    for sequence in range(first_sequence, first_sequence + ROUNDS):
        for unit in range(UNITS):
            # Two sequences have the same items, so each item comes twice; every third is changed.
            first = (sequence // 2) * ITEMS
            items = [
                consultation(n, **({"weight_g": 100 + sequence} if n % 3 == 0 else {}))
                for n in range(first, first + ITEMS)
            ]
            found.append((sequence, org_nr(unit), items))
    return found


def last(sequence: int) -> list[tuple[int, str, list[dict[str, Any]]]]:
    """One delivery of each unit with all its items again, and one new item behind them."""
    again = [consultation(n) for n in range(3 * ITEMS)]
    end = consultation(7, consultation_id="last")
    return [(sequence, org_nr(unit), [*again, end]) for unit in range(UNITS)]


def record(sequence: int, unit: str, items: Sequence[Mapping[str, Any]]) -> SourceRecord:
    return source_record(items, org_nr=unit, sequence=sequence, encrypted=False)


def computed(sent: Sent) -> dict[str, list[bytes]]:
    """What the work writes for each key, in order."""
    item_schema = schema("consultation_item").parsed
    output_schema = fastavro.parse_schema(json.loads((ROOT / OUTPUT_SCHEMA).read_text("utf-8")))
    known: dict[str, bytes] = {}
    written: dict[str, list[bytes]] = defaultdict(list)
    for unit, items in sent:
        for item in items:
            key = f"{unit}|{item['consultation_id']}"
            content = avro(item_schema, item)
            if known.get(key) != content:
                known[key] = content
                written[key].append(avro(output_schema, {**item, "org_nr": unit}))
    return dict(written)


def avro(parsed: Any, value: Mapping[str, Any]) -> bytes:
    """Return a record's plain binary Avro, absent fields at their defaults."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, value)
    return out.getvalue()


async def send(access: KafkaAccess, deliveries: Sequence[tuple[int, str, Any]]) -> None:
    async with AIOKafkaProducer(**access.for_aiokafka(), acks="all") as producer:
        for one in deliveries:
            made = record(*one)
            await producer.send_and_wait(INPUT, made.value, key=made.key, partition=made.partition)


async def outputs(access: KafkaAccess) -> dict[str, list[bytes]]:
    """The committed outputs by key."""
    found: dict[str, list[bytes]] = defaultdict(list)
    async for one in read_all(access, {OUTPUT: PARTITIONS}):
        assert one.key is not None
        assert one.value is not None
        found[one.key.decode()].append(one.value)
    return dict(found)


@contextmanager
def started(
    peer: Path, access: KafkaAccess, folder: Path, name: str
) -> Iterator[subprocess.Popen[str]]:
    """A peer that is ready, with a state folder of its own."""
    login = folder / "access.json"
    jaas = (
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        f'username="{access.username}" password="{access.password.get_secret_value()}";'
    )
    properties = {
        **access.for_librdkafka(),
        "sasl.jaas.config": jaas,
        # A killed peer stays a member of its group for this long: 45 s by default.
        "session.timeout.ms": "6000",
    }
    login.write_text(json.dumps(properties), "utf-8")
    state = folder / name
    state.mkdir()
    variables = {
        "PEER_ACCESS": str(login),
        "BOOTSTRAP": access.bootstrap,
        "NAME": "kafka-streams",
        "GROUP": "bench-peers-kafka-streams",
        "STATE_DIR": str(state),
        "THREADS": "2",
    }
    with ending(
        subprocess.Popen([peer], env=os.environ | variables, stdout=subprocess.PIPE, text=True)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


async def test_each_item_is_written_exactly_once_over_a_kill(peer: Path, tmp_path: Path) -> None:
    before, after = half(0), [*half(ROUNDS), *last(2 * ROUNDS)]
    expected = computed([(unit, items) for _, unit, items in (*before, *after)])
    ends = {f"{org_nr(unit)}|last" for unit in range(UNITS)}
    with one_stack(tmp_path / "home") as settings:
        access = kafka_access(settings, Role.ADMIN)
        make_topics(admin_client(access), [Topic(name, (), ()) for name in (INPUT, OUTPUT)])
        await send(access, before)
        with started(peer, access, tmp_path, "first") as process:
            while not await outputs(access):
                assert process.poll() is None
            process.kill()
        await send(access, after)
        # Its state folder is empty: what it knows comes from its changelog.
        with started(peer, access, tmp_path, "second") as process:
            while not ends <= (await outputs(access)).keys():
                assert process.poll() is None
            process.terminate()
            eventually(lambda: process.poll() is not None)
        assert await outputs(access) == expected
    assert (peer.parent / "target" / "surefire-reports").exists()


def test_a_setting_that_is_missing_is_named(peer: Path) -> None:
    bare = {name: os.environ[name] for name in ("PATH", "HOME")}
    done = subprocess.run([peer], env=bare, stderr=subprocess.PIPE, check=False)
    assert done.returncode != 0
    assert b"NAME is not set" in done.stderr
