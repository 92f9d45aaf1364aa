"""The probe on a real broker: answered, without a trace, and reporting a frozen broker once."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from typing import Final

import pytest

from kpr_stream.demo.processes import DemoProcess
from kpr_stream.demo.progress import free_port
from kpr_stream.exporter.clock import ExporterClock
from kpr_stream.exporter.follow import Follower
from kpr_stream.exporter.run import places_of, snapshot_of
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.metrics.discovery import target_file
from kpr_stream.metrics.metric import Process
from kpr_stream.model.topics import (
    OUTPUT_TOPICS,
    PARTITIONS,
    PROBE_SYSTEM,
    RELEASE,
    UNIT,
    Role,
    receipt_topic,
)
from kpr_stream.probe.run import NAME
from kpr_stream.process.log import LIBRARIES
from kpr_stream.settings import Settings
from tests.integration.at_work import at_work, command_line, wait_until
from tests.integration.test_frozen_broker import frozen, status_of

GROUP: Final = "kpr-hst-probe"
REPORT_WITHIN_S: Final = 20.0


async def test_a_hello_is_answered_and_leaves_neither_unit_nor_row(
    clean_stack: Settings, tmp_path: Path
) -> None:
    async with at_work(clean_stack, tmp_path, group=GROUP):
        for _ in range(2):
            code, found, errors = await command_line(clean_stack, "probe", "--once", "--json")
            assert (code, found["answered"]) == (0, True), errors
        follower = Follower(kafka_access(clean_stack, Role.EXPORTER), GROUP, now=time.time)
        try:
            await follower.round()
            watched = snapshot_of(follower, ExporterClock(), places_of())
        finally:
            await follower.close()
    assert watched.units == []
    assert not watched.totals.deliveries
    assert watched.books.compared[PROBE_SYSTEM] == 2
    assert not any(watched.books.imbalance.values())
    access = kafka_access(clean_stack, Role.ADMIN)
    topics = dict.fromkeys(OUTPUT_TOPICS, PARTITIONS)
    written = [record.topic async for record in read_all(access, topics)]
    assert written == [receipt_topic(PROBE_SYSTEM)] * 2
    assert {UNIT, RELEASE} <= topics.keys()


async def test_without_a_worker_it_ends_in_time_and_without_a_stack_it_names_the_cause(
    clean_stack: Settings, tmp_path: Path
) -> None:
    code, _, errors = await command_line(clean_stack, "probe", "--once", "--within", "1")
    assert code == 69
    assert "has not answered a hello within 1 s" in errors
    nowhere = clean_stack.model_copy(update={"home": tmp_path})
    code, _, errors = await command_line(nowhere, "probe", "--once")
    assert code == 69
    assert "No embedded stack runs" in errors


async def test_a_frozen_broker_is_reported_once_and_the_next_hello_follows_at_once(
    clean_stack: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPR_APP_ID", GROUP)
    port, log = free_port(), tmp_path / "probe.log"
    child = DemoProcess("probe", ["probe", "--metrics-port", str(port)], clean_stack, log)
    target = f"127.0.0.1:{port}"

    async def ready(status: int) -> None:
        await wait_until(lambda: status_of(target, "/readyz") == status)

    async with at_work(clean_stack, tmp_path, group=GROUP):
        child.start()
        try:
            listed = target_file(clean_stack, Process.PROBE, NAME)
            await wait_until(listed.exists)
            assert json.loads(listed.read_text("utf-8"))[0]["targets"] == [target]
            await ready(200)
            before = len(log.read_text("utf-8"))
            with frozen(clean_stack):
                await wait_until(
                    lambda: "The probe tries again." in log.read_text("utf-8")[before:],
                    REPORT_WITHIN_S,
                )
                await ready(503)
                assert status_of(target, "/livez") == http.client.OK
            await ready(200)
        finally:
            child.stop()
    outage = log.read_text("utf-8")[before:].splitlines()
    assert len([line for line in outage if " WARNING " in line and "tries again" in line]) == 1
    assert len([line for line in outage if "Kafka is back after" in line]) == 1
    own = [line for line in outage if "WARNING" in line and "kpr_stream" in line]
    assert len(own) <= 2, own  # the outage, and the worker that was away with the broker
    assert len([line for line in outage if " ERROR " in line]) <= len(LIBRARIES), outage
    assert not listed.exists()
