"""Starting and stopping a stack: data survives, processes do not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from kpr_stream.database.access import postgres_dsn
from kpr_stream.embedded.kafka.jars import pinned_jars, resolve_jars
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.state import running_state
from kpr_stream.embedded.stop import stop_stack
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import Role, delivery_topic
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S, eventually
from tests.support.stack import alive_in, stack_settings

pytestmark = pytest.mark.long


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Give a folder for one stack, and end its processes after the test."""
    folder = tmp_path / "home"
    yield folder
    stop_stack(stack_settings(folder))
    eventually(lambda: not alive_in(folder))


def command(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kpr_stream.cli", *arguments],
        env=clean_environment(home, **environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGING_S,
    )


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KPR_")}
    # A wide terminal, so that no message is wrapped.
    return {**kept, "KPR_HOME": str(home), "COLUMNS": "4000", **more}


def output_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write_record(settings: Settings) -> None:
    producer = Producer(kafka_access(settings, System.EG_INFODOC).for_librdkafka())
    producer.produce(delivery_topic(System.EG_INFODOC), b"kept", partition=3)
    assert producer.flush(20) == 0


def read_record(settings: Settings) -> bytes | None:
    access = kafka_access(settings, Role.PROCESSOR).for_librdkafka()
    consumer = Consumer({**access, "group.id": f"{settings.app_id}-check"})
    consumer.assign([TopicPartition(delivery_topic(System.EG_INFODOC), 3, 0)])
    message = consumer.poll(20)
    consumer.close()
    value: bytes | None = message.value() if message is not None else None
    return value


async def in_database(settings: Settings, sql: str) -> object:
    connection = await asyncpg.connect(postgres_dsn(settings, "kpr_owner").get_secret_value())
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_data_ports_and_keys_survive_and_every_command_may_be_repeated(home: Path) -> None:
    settings = stack_settings(home)
    assert command(home, "status").returncode == 3
    assert command(home, "down").returncode == 0
    first = output_of(command(home, "up", "--json"))
    secrets = {p: p.read_bytes() for p in (Layout(home).credentials, Layout(home).keyring)}
    write_record(settings)
    await in_database(settings, "CREATE SCHEMA kept")
    await in_database(settings, "CREATE TABLE kept.row AS SELECT 42 AS value")

    again = command(home, "up", "--json")
    assert (again.returncode, output_of(again)["ran_before"]) == (0, True)
    assert "is already running" in again.stderr
    assert output_of(again)["pids"] == first["pids"]

    status = command(home, "status", "--json")
    assert status.returncode == 0
    assert set(output_of(status)["health"].values()) == {"healthy"}
    assert command(home, "down").returncode == 0
    assert alive_in(home) == []
    assert not Layout(home).stack.exists()

    second = output_of(command(home, "up", "--offline", "--json"))
    assert second["addresses"] == first["addresses"]
    assert read_record(settings) == b"kept"
    assert await in_database(settings, "SELECT value FROM kept.row") == 42
    assert {p: p.read_bytes() for p in secrets} == secrets


def test_nothing_outlives_a_killed_supervisor_and_up_starts_again(home: Path) -> None:
    settings = stack_settings(home)
    first = output_of(command(home, "up", "--json"))
    write_record(settings)
    assert len(alive_in(home)) > 3
    os.kill(first["pids"]["supervisor"], signal.SIGKILL)
    eventually(lambda: not alive_in(home))
    assert command(home, "status").returncode == 3
    assert output_of(command(home, "up", "--json"))["ran_before"] is False
    assert read_record(settings) == b"kept"


@pytest.mark.parametrize("progress", ["PostgreSQL 18 on", "PostgreSQL is ready"])
def test_nothing_outlives_an_up_killed_half_way(home: Path, progress: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kpr_stream.cli", "up"],
        env=clean_environment(home),
        stderr=subprocess.PIPE,
        text=True,
    ) as up:
        assert up.stderr is not None
        assert any(progress in line for line in up.stderr), "`up` ended earlier"
        assert alive_in(home)
        up.kill()
    eventually(lambda: not alive_in(home))
    assert running_state(Layout(home)) is None


@pytest.mark.parametrize("part", ["kafka", "postgres"])
def test_a_part_that_dies_ends_the_others_and_the_log_names_it(home: Path, part: str) -> None:
    first = output_of(command(home, "up", "--json"))
    os.kill(first["pids"][part], signal.SIGKILL)
    eventually(lambda: not alive_in(home))
    assert f"{part} ended with code" in Layout(home).supervisor_log.read_text()


def test_a_tied_stack_ends_with_the_process_that_started_it(home: Path) -> None:
    script = (
        "import sys\n"
        "from kpr_stream.embedded.start import running_stack\n"
        "from kpr_stream.settings import Settings\n"
        "with running_stack(Settings()):\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=clean_environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        owner.kill()
    eventually(lambda: not alive_in(home))


@pytest.mark.parametrize(
    ("damaged", "name"),
    [("kafka/data/meta.properties", "Kafka"), ("postgres/data/global/pg_control", "PostgreSQL")],
)
def test_a_damaged_data_folder_is_named_with_what_to_do(
    home: Path, damaged: str, name: str
) -> None:
    assert command(home, "up").returncode == 0
    assert command(home, "down").returncode == 0
    (home / damaged).unlink()
    done = command(home, "up")
    assert done.returncode == 69
    folder = home / damaged.partition("/data")[0] / "data"
    assert f"StackError {name} ended" in done.stderr
    assert f"If the data folder {folder} is damaged" in done.stderr
    eventually(lambda: not alive_in(home))


def test_a_port_that_is_taken_is_named(home: Path, stack: Settings) -> None:
    port = kafka_access(stack, Role.ADMIN).bootstrap.rpartition(":")[2]
    done = command(home, "up", KPR_KAFKA_PORT=port)
    assert done.returncode == 69
    assert f"Port {port} on 127.0.0.1, requested for kafka, is taken." in done.stderr


def test_offline_with_an_empty_cache_names_every_jar(home: Path, tmp_path: Path) -> None:
    done = command(home, "up", "--offline", M2_REPO=str(tmp_path / "empty"))
    assert done.returncode == 69
    assert all(jar.coordinate in done.stderr for jar in pinned_jars())
    assert alive_in(home) == []


def test_the_pinned_jars_are_what_the_broker_needs() -> None:
    assert resolve_jars() == pinned_jars()


def test_a_part_with_an_address_is_not_started(home: Path) -> None:
    external = "broker.example.test:9093"
    found = output_of(command(home, "up", "--json", KPR_KAFKA_BOOTSTRAP=external))
    assert found["external"] == ["kafka"]
    assert found["addresses"]["kafka"] == external
    assert set(found["pids"]) == {"supervisor", "postgres"}
    assert not (home / "kafka" / "data").exists()
