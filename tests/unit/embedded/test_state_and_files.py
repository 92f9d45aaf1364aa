"""Credentials, keys, state and files: created once, kept, and never confused with stale ones."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kpr_stream.embedded.credentials import ensure_credentials, ensure_keyring
from kpr_stream.embedded.files import write_text
from kpr_stream.embedded.kafka.jars import Jar, missing_jars, pinned_jars
from kpr_stream.embedded.kafka.java import java_command
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import StackPlan, external_parts
from kpr_stream.embedded.state import (
    StackState,
    running_state,
    supervisor_pid,
    write_state,
)
from kpr_stream.errors import ConfigurationError, DiskError
from kpr_stream.keys.keyring import read_keyring, read_public_key
from kpr_stream.process.lock import take_lock
from tests.support.stack import stack_settings


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout.of(tmp_path / "home")
    found.make_folders()
    return found


def stack_state(addresses: dict[str, str], *, pid: int) -> StackState:
    return StackState(home="h", addresses=addresses, versions={}, pids={"supervisor": pid})


def test_passwords_are_made_once_and_a_new_principal_gets_one(layout: Layout) -> None:
    first = ensure_credentials(layout)
    assert ensure_credentials(layout) == first
    assert len({p for part in first.values() for p in part.values()}) == sum(
        map(len, first.values())
    )
    older = {**first, "kafka": {k: v for k, v in first["kafka"].items() if k != "analyst"}}
    layout.credentials.write_text(json.dumps(older))
    second = ensure_credentials(layout)
    assert second["kafka"].pop("analyst") != first["kafka"].pop("analyst")
    assert second == first


def test_a_broken_credentials_file_is_not_replaced(layout: Layout) -> None:
    layout.credentials.write_text("{")
    with pytest.raises(ConfigurationError, match=r"credentials\.json is not a JSON object"):
        ensure_credentials(layout)
    assert layout.credentials.read_text() == "{"


def test_keys_are_made_once_and_a_lost_half_is_never_replaced(layout: Layout) -> None:
    ensure_keyring(layout)
    secret = layout.keyring.read_bytes()
    ensure_keyring(layout)
    assert layout.keyring.read_bytes() == secret
    assert read_public_key(layout.public_keys).key_id in read_keyring(layout.keyring).private_keys
    layout.keyring.unlink()
    with pytest.raises(ConfigurationError, match="its key ring"):
        ensure_keyring(layout)


def test_a_state_counts_only_as_long_as_its_supervisor_holds_the_lock(layout: Layout) -> None:
    state = stack_state({"kafka": "a:1"}, pid=os.getpid())
    write_state(layout, state)
    assert running_state(layout) is None
    held = take_lock(layout.lock)
    assert held is not None
    assert take_lock(layout.lock) is None
    assert supervisor_pid(layout) == os.getpid()
    assert running_state(layout) == state
    write_state(layout, stack_state({}, pid=1))
    assert running_state(layout) is None
    os.close(held)
    assert supervisor_pid(layout) is None


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="absent/file cannot be written: No such file"):
        write_text(tmp_path / "absent" / "file", "")


def test_jars_that_are_absent_or_not_the_pinned_bytes_are_missing(tmp_path: Path) -> None:
    hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    jar = Jar("org.example", "thing", "1.0", hello)
    assert missing_jars([jar], tmp_path) == (jar,)
    path = tmp_path / "org" / "example" / "thing" / "1.0" / "thing-1.0.jar"
    path.parent.mkdir(parents=True)
    path.write_text("hell")
    assert missing_jars([jar], tmp_path) == (jar,)
    path.write_text("hello")
    assert missing_jars([jar], tmp_path) == ()


def test_every_pinned_jar_has_a_hash_and_the_broker_is_among_them() -> None:
    jars = pinned_jars()
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in jars)
    assert "org.apache.kafka:kafka_2.13:4.4.0" in {jar.coordinate for jar in jars}


def test_arguments_of_java_are_in_a_private_file_not_in_the_command(tmp_path: Path) -> None:
    file = tmp_path / "java.args"
    command = java_command(
        file, options=("-Xmx1g",), properties={"a": 'b "c\\d'}, jars=(), main=("Main", "pass word")
    )
    assert command[1:] == (f"@{file}",)
    assert '"-Da=b \\"c\\\\d"' in file.read_text().splitlines()
    assert file.read_text().endswith('"Main"\n"pass word"\n')
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_external_database_is_shown_without_its_login(tmp_path: Path) -> None:
    settings = stack_settings(tmp_path).model_copy(update={"kafka_bootstrap": "b:1"})
    dsn = type(settings).model_validate(
        {"postgres_dsn": "postgresql://me:secret@db.example.test:5432/kpr?sslmode=require"}
    )
    assert external_parts(settings) == {"kafka": "b:1"}
    assert external_parts(dsn) == {"postgres": "db.example.test:5432/kpr"}


def test_a_plan_goes_over_the_wire_unchanged() -> None:
    plan = StackPlan(
        home="h",
        app_id="app",
        environment="test",
        ports={"kafka": 1},
        jars=("a.jar",),
        external={"postgres": "x"},
        tied=True,
    )
    assert StackPlan.from_json(plan.to_json()) == plan
