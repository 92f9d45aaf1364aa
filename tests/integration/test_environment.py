"""A process of production and the data of a test never meet: every command, on a real stack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from kpr_stream.analytics.export.manifest import MANIFEST
from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.connect import connect
from kpr_stream.database.migrate import SCHEMAS, migrate
from kpr_stream.embedded.kafka.mark import mark_cluster
from kpr_stream.embedded.kafka.provision import admin_client, delete_topics
from kpr_stream.embedded.start import start_stack
from kpr_stream.embedded.status import stack_status
from kpr_stream.errors import EnvironmentMismatchError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.connect import reach
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model.environment import MARKS, Environment
from kpr_stream.model.logins import NEEDS
from kpr_stream.model.topics import COMMAND, PARTITIONS, RELEASE, Role
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.generate import Plan, simulate
from tests.integration.one_login import VENDOR, OneLogin, clear
from tests.support.certified import Register
from tests.support.exports import manifest

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION
KEY, OTHER, UNIT, NEW_UNIT = "1" * 32, "2" * 32, "974760673", "983658776"
WHY: Final = ("--reason", "The wrong place is tried")
OF_UNIT: Final = (UNIT, "--system", VENDOR, *WHY)
RELEASED: Final = ("--system", VENDOR, "--version", "7.1", *WHY)
ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "replay": ("--from", "2026-01-01", *WHY),
    "reenrich": ("--reference", "3f0a1b2c4d5e", *WHY),
    "topics accept": (COMMAND,),
    "sink content": ("--until-caught-up",),
    "sink identity": ("--until-caught-up",),
    "unit show": (UNIT,),
    "unit pause": OF_UNIT,
    "unit resume": OF_UNIT,
    "unit unblock": OF_UNIT,
    "quarantine show": (KEY, *WHY),
    "quarantine replay": ("--unit", UNIT, "--yes", *WHY),
    "quarantine discard": (KEY, *WHY),
    "release stop": RELEASED,
    "release resume": RELEASED,
    "registry agree": ("--from", "2026-01-01", *OF_UNIT),
    "registry end": ("--to", "2026-01-01", *OF_UNIT),
    "registry contact": (VENDOR, "--name", "Support", "--phone", "21000000", *WHY),
    "registry remove-contact": (VENDOR, *WHY),
    "registry mail-addresses": ("--otherwise", "drift@example.org"),
    "across succeed": (UNIT, NEW_UNIT, "--from", "2026-01-01", *WHY),
    "across forget": (UNIT, NEW_UNIT, *WHY),
    "across mark": WHY,
    "across unmark": (KEY, "--unit", UNIT, "--system", VENDOR, "--offset", "1", *WHY),
    "link show": (KEY,),
    "tail": ("--purpose", "The wrong place is tried"),
    "report": ("--nation", "--out", "nation.html"),
    "freeze create": ("annual-2026", "--purpose", "The wrong place is tried"),
    "freeze drop": ("annual-2026",),
    "delivery show": (str(UUID(int=1)),),
    "link withdraw": (KEY, OTHER, *WHY),
    "link restore": (KEY, OTHER, *WHY),
}
"""What a command needs to get as far as its servers; the others need nothing."""


def as_production(settings: Settings) -> Settings:
    """The same stack, seen by a process of production that may use it as it is."""
    return settings.model_copy(
        update={
            "environment": PRODUCTION,
            "allow_plaintext_in_production": True,
            "allow_embedded_stack_in_production": True,
        }
    )


@pytest.fixture
def cluster(clean_stack: Settings) -> Iterator[Settings]:
    """The stack; whatever the test marks it as, it is a test's again after it."""
    yield clean_stack
    admin = admin_client(kafka_access(clean_stack, Role.ADMIN))
    delete_topics(admin, MARKS)
    mark_cluster(admin, TEST)


@pytest.fixture
async def owner(clean_stack: Settings) -> AsyncIterator[asyncpg.Connection]:
    """The owner of an empty database of a test, which is marked as that again afterwards."""
    connection = await asyncpg.connect(clear(postgres_dsn(clean_stack, "kpr_owner")))
    await connection.execute(f"DROP SCHEMA IF EXISTS {', '.join(SCHEMAS)} CASCADE")
    await migrate(clean_stack)
    try:
        yield connection
    finally:
        await connection.execute("TRUNCATE kpr.environment, content.consultation")
        await connection.execute("INSERT INTO kpr.environment (name) VALUES ('test')")
        await connection.close()


@pytest.mark.long
async def test_every_command_of_production_refuses_a_test(
    cluster: Settings, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    exports, codes = tmp_path / "exports", tmp_path / "codes.json"
    simulate(Plan(10, 1, 4), exports)
    codes.write_text(json.dumps({"system": VENDOR, "codes": {}}))
    register = Register(tmp_path)
    cli = OneLogin(
        cluster,
        tmp_path / "home",
        KPR_ENVIRONMENT=PRODUCTION,
        KPR_ALLOW_PLAINTEXT_IN_PRODUCTION="true",
        KPR_CERTIFICATE_KEY_FILE=str(register.key_file),
        KPR_CODES_FILE=str(codes),
        KPR_PROBE_ORG_NR=UNIT,
    )
    certificate = register.certify(VENDOR, "7.1", valid_until=date.max.isoformat())
    rows = tmp_path / "rows"
    rows.mkdir()
    kept = manifest(environment=PRODUCTION.value, expires_on=date.max)
    (rows / MANIFEST).write_bytes(kept.to_bytes())
    more = {
        "connect send": (str(exports / VENDOR), "--system", VENDOR),
        "connect backfill": (str(exports / VENDOR), "--system", VENDOR, "--from", "2024-01"),
        "export create": ("--purpose", "The wrong place", "--out", str(tmp_path / "new")),
        "export refresh": (str(rows),),
        "release admit": (*RELEASED, "--certificate", str(certificate)),
    }
    strayed = {}
    for row, needs in NEEDS.items():
        arguments = {**ARGUMENTS, **more}.get(row, ())
        ran = await cli.run_as(cli.logins(needs)[0], row, *arguments)
        named = "marked as test" in ran.err and "KPR_ENVIRONMENT=production" in ran.err
        if ran.exit_code != 78 or not named:
            strayed[row] = ran
    assert strayed == {}
    assert [r["name"] for r in await owner.fetch("SELECT name FROM kpr.environment")] == ["test"]


async def test_a_cluster_belongs_to_one_environment(cluster: Settings) -> None:
    production = as_production(cluster)
    ours, theirs = kafka_access(cluster, Role.TOOLS), kafka_access(production, Role.TOOLS)
    admin = admin_client(kafka_access(cluster, Role.ADMIN))
    await reach(ours)
    with pytest.raises(EnvironmentMismatchError, match="marked as test"):
        await reach(theirs)
    with pytest.raises(EnvironmentMismatchError, match="marked as test"):
        mark_cluster(admin, PRODUCTION, adopt=True)

    delete_topics(admin, MARKS)
    await reach(ours)
    with pytest.raises(EnvironmentMismatchError, match="not marked"):
        await reach(theirs)

    assert mark_cluster(admin, PRODUCTION)
    assert not mark_cluster(admin, PRODUCTION)
    await reach(theirs)
    with pytest.raises(EnvironmentMismatchError, match="marked as production"):
        [record async for record in read_all(ours, {RELEASE: PARTITIONS})]
    assert [record async for record in read_all(theirs, {RELEASE: PARTITIONS})] == []


async def test_a_cluster_that_has_held_records_is_production_only_if_somebody_says_so(
    cluster: Settings,
) -> None:
    access = kafka_access(cluster, Role.TOOLS)
    async with AIOKafkaProducer(**access.for_aiokafka()) as producer:
        await producer.send_and_wait(COMMAND, b"a record", partition=3)
    admin = admin_client(kafka_access(cluster, Role.ADMIN))
    delete_topics(admin, MARKS)
    with pytest.raises(EnvironmentMismatchError, match="holds records"):
        mark_cluster(admin, PRODUCTION)
    assert mark_cluster(admin, PRODUCTION, adopt=True)


async def test_a_database_belongs_to_one_environment(
    cluster: Settings, owner: asyncpg.Connection
) -> None:
    production = as_production(cluster)
    for role in ("content_sink", "identity_sink", "operator", "kpr_owner"):
        await (await connect(cluster, role)).close()
        with pytest.raises(EnvironmentMismatchError, match="marked as test"):
            await connect(production, role)
    with pytest.raises(EnvironmentMismatchError, match="marked as test"):
        await migrate(production, adopt=True)

    await owner.execute("TRUNCATE kpr.environment")
    await owner.execute(_A_ROW)
    await (await connect(cluster, "operator")).close()
    with pytest.raises(EnvironmentMismatchError, match=r"not marked.*migrate"):
        await connect(production, "operator")
    with pytest.raises(EnvironmentMismatchError, match=r"holds rows.*--adopt"):
        await migrate(production)
    await migrate(production, adopt=True)
    await (await connect(production, "operator")).close()
    with pytest.raises(EnvironmentMismatchError, match="marked as production"):
        await migrate(cluster)

    await owner.execute("TRUNCATE kpr.environment, content.consultation")
    await migrate(production)
    await (await connect(production, "operator")).close()


async def test_up_and_status_refuse_a_running_stack_of_another_environment(
    cluster: Settings, owner: asyncpg.Connection
) -> None:
    del owner
    production = as_production(cluster)
    with pytest.raises(EnvironmentMismatchError, match="marked as test"):
        await asyncio.to_thread(start_stack, production)
    found: Any = await asyncio.to_thread(stack_status, production)
    for part in ("kafka", "postgres"):
        assert "marked as test" in found.health[part]
    healthy: Any = await asyncio.to_thread(stack_status, cluster)
    assert healthy.healthy


_A_ROW: Final = """
INSERT INTO content.consultation (consultation_key, status, org_nr, system, extracted_at, sequence,
    received_at, rule_set_version, reference_version, source_epoch, source_partition, source_offset)
VALUES (gen_random_uuid(), 'deleted',
    '974760673', 'visma-hspro', now(), 1, now(), '1', 'r', 0, 3, 1)
"""
