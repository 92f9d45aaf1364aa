"""Every declared metric moves: real broker, real database, real endpoints.

The list comes from the table in ``kpr_stream/metrics``: a metric that nothing below moves fails
the test. What moves only by a fault is moved by that fault. Those of the exporter move in
``test_exporter.py``.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry

from kpr_stream.demo.processes import DemoProcess
from kpr_stream.demo.progress import free_port
from kpr_stream.home import KEYRING_FILE
from kpr_stream.kafka.access import kafka_access
from kpr_stream.metrics import process as process_rows
from kpr_stream.metrics import sink as sink_rows
from kpr_stream.metrics import worker as metrics
from kpr_stream.metrics.connector import CONNECTOR_ERRORS, CONNECTOR_UNITS
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import AnyMetric, Process
from kpr_stream.metrics.probe import PROBE_LATENCY, PROBE_SUCCESS
from kpr_stream.metrics.projector import (
    PROJECTED,
    PROJECTOR_COMMITTED,
    PROJECTOR_HELD,
    PROJECTOR_LAG,
    PROJECTOR_POSITION,
)
from kpr_stream.metrics.table import METRICS
from kpr_stream.model.header import HEADER_NAME, LedgerHeader
from kpr_stream.model.stages import Stage
from kpr_stream.model.topics import (
    CONSULTATION,
    PARTITIONS,
    SOURCE_TOPICS,
    Role,
    delivery_topic,
)
from kpr_stream.model.words import OUTCOMES, System
from kpr_stream.processor.lanes.recovery import Opener, close_all
from kpr_stream.processor.worker.metrics_observer import MetricsObserver
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.generate import Plan, simulate
from kpr_stream.sinks.tables import SinkKind, sink
from tests.integration.at_work import (
    WORKER,
    AtWork,
    at_work,
    command_line,
    units_of_lane,
    wait_until,
)
from tests.integration.scraped import Scraped, scraping
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.conftest import database as database  # noqa: PLC0414 - a fixture
from tests.support.deliveries import consultation
from tests.support.sink_records import consultation as cleaned_consultation
from tests.support.stack import fresh_topics, limit_batches
from tests.unit.connectors.exports import consultation as exported
from tests.unit.connectors.exports import unit as exported_unit
from tests.unit.connectors.exports import write

SYSTEM: Final = System.EG_INFODOC
CONNECTED: Final = System.CGM_HELSESTASJON
GROUP: Final = "kpr-hst-metrics"
LANE: Final = 3
TINY_BYTES: Final = 200
"""A limit that every batch of cleaned records exceeds. Kafka holds the marker that ends a
transaction to it as well: with fewer than its 78 bytes an aborted transaction never ends."""
ITEM: Final = consultation(1)
SINK: Final = ("sink", "content")
EXPIRES: Final = datetime(2031, 6, 30, tzinfo=UTC)
CONSTANT: Final = (process_rows.DISK_SIZE, metrics.KEY_EXPIRES)
"""Gauges that say what is, and do not change while a process runs."""
STRICT: Final = ("-m", "tests.integration.strict_worker")


async def send(work: AtWork, *deliveries: Any) -> list[dict[str, Any]]:
    return await work.receipts.of(*await work.vendors.send(*deliveries))


def delivery(
    work: AtWork, unit: str, sequence: int, items: Sequence[Any] = (ITEM,), **more: Any
) -> Any:
    return work.vendors.delivery(items, system=SYSTEM, org_nr=unit, sequence=sequence, **more)


@pytest.mark.long
async def test_every_metric_of_workers_and_sinks_moves(
    stack: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_topics(stack)
    monkeypatch.setenv("KPR_OUTBOX_DIR", str(tmp_path / "outbox"))
    async with scraping() as scraped:
        async with a_connector(stack, tmp_path, scraped) as export:
            async with worker(stack, tmp_path, scraped, STRICT) as work:
                await every_lane_is_sent_an_item_that_a_wrong_rule_rejects(work)
                export(1)
                await wait_until(lambda: scraped.moved(CONNECTOR_ERRORS))
            # Nobody answers now, and a file number and a day are missing.
            export(3)
            of_connectors = [m for m in METRICS if m.served_by == CONNECTOR_UNITS.served_by]
            await wait_until(lambda: all(scraped.moved(m) for m in of_connectors))
        # The next worker has an empty ledger: it reads back what the first has written.
        async with worker(stack, tmp_path, scraped, WORKER) as work:
            await wait_until(lambda: scraped.moved(metrics.LEDGER_REBUILT))
            await a_connector_sends_an_export(stack, tmp_path)
            await a_unit_is_blocked_and_corrected(work)
            await a_rejected_item_is_judged_again(stack)
            await the_broker_refuses_an_output(stack, work, scraped)
            await what_is_counted_is_what_was_answered(work, scraped)
            await a_hello_is_answered(stack, tmp_path, scraped)
        await a_projector_carries_and_holds(stack, tmp_path, scraped)
        await a_sink_rebuilds_against_a_lock(stack, database, tmp_path, scraped)
        moving = [m for m in METRICS if m not in (*CONSTANT, metrics.LANE_OPENING_LEFT)]
        with suppress(AssertionError):
            await wait_until(lambda: all(scraped.moved(metric) for metric in moving))
    assert [metric.name for metric in moving if not scraped.moved(metric)] == []
    assert {dict(labels)["stage"] for labels in counted(scraped, metrics.STAGE_SECONDS)} == {*Stage}
    for metric in CONSTANT:
        assert values(scraped, metric), metric.name
    assert values(scraped, metrics.KEY_EXPIRES) == {EXPIRES.timestamp()}
    assert values(scraped, metrics.LANE_OPENING_LEFT) == {0}
    await a_rebuild_counts_down(stack, tmp_path)
    others = (Process.PROBE, Process.PROJECTOR)
    served_by = (Process.CONNECTOR, *[Process.WORKER] * 2, *others, *[Process.CONTENT_SINK] * 2)
    for process, port in zip(served_by, scraped.ports, strict=True):
        assert scraped.types[port] == {
            metric.name: metric.type.__name__.lower()
            for metric in METRICS
            if process in metric.served_by
        }


def values(scraped: Scraped, metric: AnyMetric) -> set[float]:
    """The newest value of every sample."""
    return {found[-1] for found in scraped.seen(metric).values()}


def counted(scraped: Scraped, metric: AnyMetric) -> list[tuple[tuple[str, str], ...]]:
    """The labels of a histogram that have counted more than the delivery of a worker's own."""
    return [labels for (_, labels), found in scraped.seen(metric).items() if found[-1] > 1]


def keys_that_expire(stack: Settings, folder: Path) -> Path:
    """Return a key file like the stack's, which says when its first key expires."""
    ring = json.loads((stack.home / KEYRING_FILE).read_text("utf-8"))
    (first, *_) = ring["private_keys"]
    path = folder / "keyring.json"
    path.write_text(json.dumps(ring | {"expires": {first: f"{EXPIRES:%Y-%m-%d}"}}), "utf-8")
    path.chmod(0o600)
    return path


async def a_rebuild_counts_down(stack: Settings, folder: Path) -> None:
    """Read back in a thread what the workers have written: what is left falls to nothing."""
    left: list[int] = []

    class Counting(MetricsObserver):
        def opening(self, lane: int, records_left: int) -> None:
            super().opening(lane, records_left)
            left.append(records_left)

    opener = Opener(
        kafka_access(stack, Role.PROCESSOR),
        GROUP,
        ledger_dir=folder / "rebuilt",
        observer=Counting(Metrics(Process.WORKER, CollectorRegistry())),
        now=lambda: round(time.time() * 1000),
        warm_offsets=-1,
    )
    producers = await opener.fence((LANE,))
    try:
        await opener.catch_up((LANE,))
        await opener.rebuild(LANE, lambda: False)
    finally:
        await close_all(producers.values())
        opener.close()
    assert left[0] > 0
    assert left[1:] == sorted(left[1:], reverse=True)
    assert left[-1] == 0


@asynccontextmanager
async def worker(
    stack: Settings, folder: Path, scraped: Scraped, command: Sequence[str]
) -> AsyncIterator[AtWork]:
    """A worker with an empty ledger, scraped."""
    port = free_port()
    own = folder / f"worker-{port}"
    own.mkdir()
    scraped.ports.append(port)
    async with at_work(
        stack,
        own,
        group=GROUP,
        command=command,
        KPR_METRICS_PORT=str(port),
        KPR_KEYRING_FILE=str(keys_that_expire(stack, own)),
    ) as work:
        await wait_until(lambda: scraped.total(metrics.LANES_OPEN) == PARTITIONS)
        yield work


@asynccontextmanager
async def a_connector(
    stack: Settings, folder: Path, scraped: Scraped
) -> AsyncIterator[Callable[[int], None]]:
    """A connector that follows a folder; yields what writes the file with a number into it."""
    exports = folder / "followed"
    (org_nr,) = units_of_lane(LANE + 1, 1)

    def export(number: int) -> None:
        day = datetime.now(UTC).date() - timedelta(days=9 - number)
        item = exported(f"k-{number}", datoTid=f"{day}T10:15:00+01:00")
        name = f"{number:06}_HST_Konsultasjon_{day}_{day:%Y%m%d}T230000Z.json"
        written = write(exports / org_nr, [exported_unit(item, org_nr=org_nr)], f".{name}")
        written.rename(exports / org_nr / name)

    exports.mkdir()
    command = ("connect", "send", str(exports), "--system", CONNECTED, "--follow", "--serve")
    with scraped_process(stack, folder, scraped, *command):
        await wait_until(lambda: bool(scraped.seen(CONNECTOR_UNITS)))
        yield export


async def every_lane_is_sent_an_item_that_a_wrong_rule_rejects(work: AtWork) -> None:
    units = [units_of_lane(lane, 1)[0] for lane in range(PARTITIONS)]
    answers = await send(work, *(delivery(work, unit, 1) for unit in units))
    assert {answer["counts"]["rejected"] for answer in answers} == {1}


async def a_connector_sends_an_export(stack: Settings, folder: Path) -> None:
    simulate(Plan(200, 1, 4), folder / "exports")
    code, summary, errors = await command_line(
        stack, "connect", str(folder / "exports" / CONNECTED), "--system", CONNECTED, "--json"
    )
    assert (code, summary["refused"]) == (0, []), errors


async def a_unit_is_blocked_and_corrected(work: AtWork) -> None:
    (unit,) = units_of_lane(LANE, 1)
    (refused,) = await send(work, delivery(work, unit, 2, item_count=9))
    assert refused["reason"] == "COUNT_MISMATCH"
    items = [ITEM | {"consultation_id": "of the corrected delivery"}]
    (corrected,) = await send(work, delivery(work, unit, 2, items, attempt=2))
    assert corrected["status"] == "processed"


async def a_rejected_item_is_judged_again(stack: Settings) -> None:
    (unit,) = units_of_lane(LANE, 1)
    code, judged, errors = await command_line(
        stack,
        *("quarantine", "replay", "--unit", unit, "--yes", "--json"),
        *("--reason", "The rule was wrong and has been corrected."),
    )
    assert (code, judged["results"][0]["counts"]) == (0, {"accepted": 1}), errors


async def the_broker_refuses_an_output(stack: Settings, work: AtWork, scraped: Scraped) -> None:
    """The lane aborts and tries again; its record waits until the broker accepts it."""
    (unit,) = units_of_lane(LANE, 1)
    limit_batches(stack, CONSULTATION, TINY_BYTES)
    try:
        items = [ITEM | {"consultation_id": f"another-{n}"} for n in range(10)]
        places = await work.vendors.send(delivery(work, unit, 3, items))
        await wait_until(lambda: scraped.moved(metrics.ABORTS))
        for waiting in (metrics.LANE_WAITING, metrics.OLDEST_WAITING):
            await wait_until(lambda row=waiting: scraped.total(row) > 0)
    finally:
        limit_batches(stack, CONSULTATION)
    (answer,) = await work.receipts.of(*places)
    assert answer["counts"]["accepted"] == len(items)
    await wait_until(lambda: scraped.total(metrics.LANE_WAITING) == 0)


async def what_is_counted_is_what_was_answered(work: AtWork, scraped: Scraped) -> None:
    """The counters agree with the receipts; a replayed item is not received again."""
    receipts = [receipt for answers in work.receipts.answers.values() for receipt in answers]
    deliveries = [receipt for receipt in receipts if receipt["status"] != "replayed"]
    await wait_until(lambda: scraped.total(metrics.DELIVERIES) == len(deliveries))
    assert scraped.total(metrics.ITEMS) == sum(
        receipt["counts"][outcome] for receipt in deliveries for outcome in OUTCOMES
    )
    assert scraped.total(metrics.REPLAYED_ITEMS) == len(receipts) - len(deliveries) == 1


async def a_hello_is_answered(stack: Settings, folder: Path, scraped: Scraped) -> None:
    with scraped_process(stack, folder, scraped, "probe"):
        await wait_until(lambda: scraped.moved(PROBE_LATENCY) and scraped.moved(PROBE_SUCCESS))


async def a_projector_carries_and_holds(stack: Settings, folder: Path, scraped: Scraped) -> None:
    """It carries what is there. Then a visit of this week's newborn comes, and waits."""
    with scraped_process(stack, folder, scraped, "projector"):
        # A gauge moves between two scrapes: the first must see it before the visit comes.
        await wait_until(lambda: scraped.total(PROJECTOR_POSITION) > 0)
        await wait_until(lambda: scraped.total(PROJECTOR_LAG) == 0)
        await _report_a_newborn(stack)
        rows = (PROJECTED, PROJECTOR_POSITION, PROJECTOR_HELD, PROJECTOR_COMMITTED)
        await wait_until(lambda: all(scraped.moved(row) for row in rows))
        await wait_until(lambda: scraped.total(PROJECTOR_LAG) == 0)


async def _report_a_newborn(stack: Settings) -> None:
    today = datetime.now(UTC).date()
    key = f"{7:032x}"
    # Caused by a delivery that the lane has processed: a rebuild takes its position from here.
    cause = SOURCE_TOPICS.index(delivery_topic(SYSTEM))
    header = LedgerHeader(source_topic=cause, source_offset=0)
    newborn = cleaned_consultation(7, consultation_key=key, date=today, age_days=0)
    access = kafka_access(stack, Role.PROCESSOR)
    producer = AIOKafkaProducer(**access.for_aiokafka(), transactional_id=f"{GROUP}-newborn")
    async with producer, producer.transaction():
        await producer.send_and_wait(
            CONSULTATION,
            wire.encode("consultation", newborn),
            key.encode(),
            LANE,
            timestamp_ms=int(time.time() * 1000),
            headers=[(HEADER_NAME, header.pack())],
        )


async def a_sink_rebuilds_against_a_lock(
    stack: Settings, database: Database, folder: Path, scraped: Scraped
) -> None:
    """Its position is beyond the log, its table is locked, its session is ended."""
    with scraped_process(stack, folder, scraped, *SINK):
        await wait_until(lambda: scraped.moved(sink_rows.SINK_APPLIED))
        await wait_until(lambda: scraped.total(sink_rows.SINK_LAG) == 0)
    await database.fetch(
        "content_sink",
        "UPDATE content.sink_position SET next_offset = 900000 WHERE partition::text = $1",
        str(LANE),
    )
    owner = await database.connect("kpr_owner")
    try:
        lock = owner.transaction()
        await lock.start()
        await owner.execute("LOCK TABLE content.consultation IN EXCLUSIVE MODE")
        with scraped_process(stack, folder, scraped, *SINK) as log:
            await wait_until(lambda: scraped.total(sink_rows.SINK_LAG) > 0)
            # Its transaction waits for the table: end the session that waits.
            waiting = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
                "'content_sink' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
            )
            while "trying again" not in log.read_text("utf-8") or not scraped.moved(
                sink_rows.SINK_CONNECTED
            ):
                await database.fetch("content_sink", waiting)
            await lock.rollback()
            await wait_until(lambda: scraped.total(sink_rows.SINK_LAG) == 0)
            topics = sink(SinkKind.CONTENT).topics
            assert scraped.total(sink_rows.SINK_REBUILDS) == len(topics)  # that partition of each
            assert scraped.total(sink_rows.SINK_ROWS) > 0
    finally:
        await owner.close()


@contextmanager
def scraped_process(
    stack: Settings, folder: Path, scraped: Scraped, *command: str
) -> Iterator[Path]:
    """A process of the command line, scraped; yields its log."""
    port = free_port()
    scraped.ports.append(port)
    name = f"{command[0]}-{port}"
    child = DemoProcess(
        name, command, stack, folder / f"{name}.log", environment={"KPR_METRICS_PORT": str(port)}
    )
    child.start()
    try:
        yield child.log
    finally:
        child.stop()
