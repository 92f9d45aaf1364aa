"""Every tuned setting, read back from the running object, and from the page that shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

from kpr_stream.errors import BrokerError
from kpr_stream.model.tuned import TunedSetting
from kpr_stream.processor.adapters import producer as producer_module
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.adapters.output_reader import OutputReader
from kpr_stream.processor.adapters.producer import LaneProducer
from kpr_stream.processor.adapters.tuning import (
    CONSUMER,
    FAUST,
    OUTPUT_READER,
    POLARS,
    PRODUCER,
    ROCKSDB,
    faust_timeouts,
    values,
)
from kpr_stream.processor.faust_app.app import build_app
from kpr_stream.processor.faust_app.consumer import RESUMED_S, LaneConsumer, NoReadOffsets
from kpr_stream.settings import Settings
from tests.support.no_broker import NO_BROKER
from tools.worker_page import MARK, PAGE, tables


def test_the_page_shows_the_tables() -> None:
    assert PAGE.read_text("utf-8").split(MARK)[1].strip() == tables().strip()


@pytest.mark.parametrize("tuned", [*FAUST, *faust_timeouts(Settings())], ids=lambda t: t.name)
def test_faust_has_it(tuned: TunedSetting, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    conf = build_app(settings, NO_BROKER).conf
    found = getattr(conf, tuned.name)
    if tuned.name == "store":
        assert str(found).startswith("memory:")
    else:
        assert found == tuned.value


def test_a_worker_is_named_to_the_group_only_where_a_setting_says_so(tmp_path: Path) -> None:
    named = Settings(home=tmp_path, static_membership=True, instance="worker-7")
    assert build_app(named, NO_BROKER).conf.consumer_group_instance_id == "kpr-hst-worker-7"
    usual = build_app(Settings(home=tmp_path), NO_BROKER).conf
    assert usual.consumer_group_instance_id is None


def test_the_consumer_drops_nothing_that_was_read_before(tmp_path: Path) -> None:
    assert build_app(Settings(home=tmp_path), NO_BROKER).transport.Consumer is LaneConsumer
    read = NoReadOffsets()
    read[TP("kpr.hst.command", 0)] = 7
    assert read[TP("kpr.hst.command", 0)] is None


async def test_the_client_has_it(tmp_path: Path) -> None:
    app = build_app(Settings(home=tmp_path), NO_BROKER)
    assert isinstance(app.consumer, LaneConsumer)
    thread = app.consumer._thread
    thread.thread_loop.close()
    client = thread._create_worker_consumer(cast("Transport", app.transport))
    for tuned in CONSUMER:
        assert getattr(client, f"_{tuned.name}") == tuned.value
    await client.stop()


async def test_the_consumer_goes_on_where_the_lanes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing is committed, which aiokafka's own seek passes over."""
    mine, others = TP("kpr.hst.command", 0), TP("kpr.hst.command", 1)
    sought: list[tuple[TP, int]] = []

    async def to_committed(_: object) -> None:
        return

    async def seek(_: object, tp: TP, offset: int) -> None:
        sought.append((tp, offset))

    monkeypatch.setattr(Consumer, "perform_seek", to_committed)
    monkeypatch.setattr(LaneConsumer, "assignment", lambda _: {mine})
    monkeypatch.setattr(LaneConsumer, "seek", seek)
    consumer = LaneConsumer.__new__(LaneConsumer)
    consumer.next_offsets = lambda: {mine: 0, others: 7}
    await consumer.perform_seek()
    assert sought == [(mine, 0)]


async def test_a_partition_that_is_resumed_is_not_waited_past(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    async def wait(_: object, timeout: float) -> None:  # noqa: ASYNC109 - Faust's
        waited.append(timeout)

    monkeypatch.setattr(Consumer, "_wait_next_records", wait)
    consumer = LaneConsumer.__new__(LaneConsumer)
    consumer.flow_active = False
    await consumer._wait_next_records(1.0)
    assert waited == [RESUMED_S]


async def test_the_producer_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}

    class Recorded:
        def __init__(self, **settings: object) -> None:
            given.update(settings)

        async def start(self) -> None:
            return

    monkeypatch.setattr(producer_module, "AIOKafkaProducer", Recorded)
    await LaneProducer(NO_BROKER, transactional_id="kpr-hst-0", lane=0).fence()
    assert given.items() >= values(PRODUCER).items()


async def test_the_output_reader_has_it() -> None:
    reader = OutputReader(NO_BROKER, "kpr-hst")
    with pytest.raises(BrokerError):
        await reader.__aenter__()
    for tuned in OUTPUT_READER:
        assert getattr(reader._reader._consumer, f"_{tuned.name}") == tuned.value


def test_polars_has_it() -> None:
    asked = (
        "from kpr_stream.cli.worker import tune_polars; tune_polars(); "
        "import polars; print(polars.thread_pool_size())"
    )
    environment = {k: v for k, v in os.environ.items() if k not in values(POLARS)}
    told = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, check=True, text=True
    )
    assert int(told.stdout) == values(POLARS)["POLARS_MAX_THREADS"]


def test_rocksdb_has_it(tmp_path: Path) -> None:
    memory = LedgerMemory()
    ledger = Ledger(tmp_path / "lane-0", memory)
    ledger.write({b"k": b"v"})
    written = max(ledger.path.glob("OPTIONS-*")).read_text("utf-8")
    tuned = values(ROCKSDB)
    for line in (
        "cache_index_and_filter_blocks=true",
        f"compression={tuned['compression']}",
        f"keep_log_file_num={tuned['keep_log_file_num']}",
    ):
        assert line in written
    assert memory.write_buffers.get_buffer_size() == tuned["write_buffer_manager"]
    log = (ledger.path / "LOG").read_text("utf-8")
    kind, _bits = tuned["filter_policy"].split(":")  # RocksDB shows the kind alone
    assert f"filter_policy: {kind}" in log
    assert f"capacity : {tuned['block_cache']}" in log
    ledger.close()
