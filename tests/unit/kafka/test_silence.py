"""A broker that is frozen is reported within 10 s, by whoever asks it."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, Final, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from kpr_stream.connectors.exchange.publish import new_publisher
from kpr_stream.errors import BrokerError
from kpr_stream.kafka import connect, partition_reader
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.connect import diagnose_connection_failure, reach, time_limit
from kpr_stream.kafka.limits import PATIENT
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model.topics import PARTITIONS, UNIT
from kpr_stream.model.words import System
from kpr_stream.operate import send
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S
from tests.support.processes import ending
from tests.support.repository import ROOT
from tests.support.silent_broker import silent_broker

WITHIN_S: Final = 10.0
SOON_S: Final = 0.2


async def _read(access: KafkaAccess) -> None:
    async for _ in read_all(access, {UNIT: PARTITIONS}, limits=replace(PATIENT, connect_s=SOON_S)):
        raise AssertionError("a silent broker gives nothing")


async def _publish(access: KafkaAccess) -> None:
    await new_publisher(System.VISMA_HSPRO, access, cast("Any", None)).start()


async def _command(access: KafkaAccess) -> None:
    host = Settings(
        kafka_bootstrap=access.bootstrap,
        kafka_username=access.username,
        kafka_password=access.password,
    )
    async with send.command_sender(host):
        raise AssertionError("a silent broker gives nothing")


@pytest.mark.parametrize("ask", [reach, _read, _publish, _command])
async def test_a_frozen_broker_is_an_error_of_every_first_connection(
    ask: Callable[[KafkaAccess], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (connect, partition_reader, send, sys.modules[new_publisher.__module__]):
        for name in ("CONNECT_S", "REACH_S"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, SOON_S)
    monkeypatch.setitem(cast("Any", PartitionReader.__init__).__kwdefaults__, "connect_s", SOON_S)
    with silent_broker() as access:
        async with asyncio.timeout(HANGING_S):
            with pytest.raises(BrokerError, match="did not answer a new connection within"):
                await ask(access)


async def test_several_frozen_addresses_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "LOGIN_S", SOON_S)
    with silent_broker() as one:
        access = KafkaAccess(
            **{field: getattr(one, field) for field in one.__dataclass_fields__ if field[0] != "b"},
            bootstrap=",".join([one.bootstrap] * 5),
        )
        began = monotonic()
        error = await diagnose_connection_failure(access, KafkaConnectionError())
    assert "cannot be reached" in error.message
    assert monotonic() - began < 5 * SOON_S


async def test_a_cluster_without_metadata_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first address answers, and the addresses that it names do not."""

    async def no_metadata(*_: object) -> None:
        raise KafkaConnectionError("no broker gave its metadata")

    async def nothing(_: object) -> None:
        return

    monkeypatch.setattr("kpr_stream.kafka.connect.AIOKafkaClient.bootstrap", nothing)
    monkeypatch.setattr(connect, "require_cluster", no_metadata)
    monkeypatch.setattr(connect, "LOGIN_S", SOON_S)
    with silent_broker() as access, pytest.raises(BrokerError, match="cannot be reached"):
        await reach(access)


def test_the_limits_leave_a_command_two_seconds_to_start() -> None:
    assert max(connect.CONNECT_S, connect.REACH_S + connect.LOGIN_S) <= WITHIN_S - 2
    assert partition_reader.SILENT_S + partition_reader.STILL_THERE_S <= WITHIN_S - 2
    assert connect.REPORT_S <= WITHIN_S - 2


async def test_a_longer_wait_is_reported_before_it_has_failed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connect, "REPORT_S", 0.01)
    with silent_broker() as access, pytest.raises(BrokerError, match="within 0 s"):
        async with time_limit(access, SOON_S, "say where it is"):
            await asyncio.Event().wait()
    assert "did not say where it is" in caplog.text


class Frozen(PartitionReader):
    """A connected reader whose broker has frozen: fetches give nothing, questions no answer."""

    def __init__(self, access: KafkaAccess, *, patience_s: float | None) -> None:
        super().__init__(access, {UNIT: 1}, wait_ms=1, patience_s=patience_s)
        self._consumer = self
        self.frozen = True

    async def getmany(self, *_: Any, **__: Any) -> Mapping[Any, Any]:
        return {}

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(UNIT, 0)}

    async def end_offsets(self, *_: Any, **__: Any) -> dict[TopicPartition, int]:
        if self.frozen:
            raise BrokerError("Kafka did not say.", what_to_do="Look.")
        return {}


@pytest.mark.parametrize("patience_s", [None, 60.0])
async def test_a_reader_whose_broker_freezes_says_so_however_patient_it_is(
    patience_s: float | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 100.0
    monkeypatch.setattr(partition_reader, "monotonic", lambda: now)
    with silent_broker() as access:
        reader = Frozen(access, patience_s=patience_s)
        caplog.set_level(logging.WARNING)
        await reader.fetch()
        assert caplog.records == []
        now += partition_reader.SILENT_S + 1
        await reader.fetch()
        assert "Kafka did not say. Look. Nothing has come from it for 4 s." in caplog.text
        caplog.clear()
        reader.frozen = False
        await reader.fetch()
        now += 1
        await reader.fetch()
        assert caplog.records == []


def test_a_command_and_a_worker_end_with_the_reason(tmp_path: Path) -> None:
    with silent_broker() as access, ExitStack() as ends:
        variables = os.environ | {
            "KPR_HOME": str(tmp_path),
            "KPR_KAFKA_BOOTSTRAP": access.bootstrap,
            "KPR_KAFKA_USERNAME": access.username,
            "KPR_KAFKA_PASSWORD": "none",
        }
        running = [
            ends.enter_context(
                ending(
                    subprocess.Popen(
                        [sys.executable, "-m", "kpr_stream", *command],
                        env=variables,
                        cwd=ROOT,
                        stderr=subprocess.PIPE,
                        text=True,
                    )
                )
            )
            for command in (("release", "list"), ("worker", "--instance", "w"))
        ]
        for process in running:
            _, errors = process.communicate(timeout=HANGING_S)
            assert process.returncode == BrokerError.exit_code, errors
            assert "did not answer" in " ".join(errors.split()), errors
