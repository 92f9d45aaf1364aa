"""Spans of sender, worker and sink form one trace, and hold nothing about a person or a unit."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from aiokafka import TopicPartition
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kpr_stream.connectors.exchange.publish import SENT, Publisher
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.header import HEADER_NAME, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import CONSULTATION, SOURCE_TOPICS
from kpr_stream.model.words import ReceiptStatus, System
from kpr_stream.processor.decide.delivery import DecidedDelivery
from kpr_stream.processor.lanes import traced as worker
from kpr_stream.processor.lanes.traced import TracedBatch
from kpr_stream.settings import Settings
from kpr_stream.sinks import traced as sink
from kpr_stream.sinks.traced import trace_rows
from kpr_stream.traces.choose import make_traces
from kpr_stream.traces.context import HEADER, of_headers
from kpr_stream.traces.otel import OpenTelemetryTraces
from kpr_stream.traces.spans import NO_TRACES
from tests.support.no_broker import NO_BROKER

SYSTEM: Final = System.EG_INFODOC
UNIT: Final = "974760673"
DELIVERY: Final = "5f7a3c9e-0000-4000-8000-00000000000a"
LANE, OFFSET = 3, 17


class Recorded:
    """A tracer that keeps what it records."""

    def __init__(self, share: float = 1.0) -> None:
        self.kept = InMemorySpanExporter()
        self.traces = OpenTelemetryTraces("test", SimpleSpanProcessor(self.kept), share=share)

    def spans(self) -> dict[str, ReadableSpan]:
        """The ended spans by name."""
        return {one.name: one for one in self.kept.get_finished_spans()}


class Client:
    """A producer that keeps the headers of what it is given, and confirms it."""

    def __init__(self) -> None:
        self.headers: list[Any] = []

    async def send(self, *_: Any, headers: Any, **__: Any) -> Any:
        self.headers.append(headers)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


async def sent(recorded: Recorded) -> list[Any]:
    client = Client()
    publisher = Publisher(
        SYSTEM, NO_BROKER, cast("Any", None), cast("Any", client), recorded.traces
    )
    await publisher._send([(UNIT, b"value")])
    return list(client.headers[0])


def received(traceparent: str | None, offset: int = OFFSET) -> SourceRecord:
    return SourceRecord(
        topic_index=SOURCE_TOPICS.index("kpr.hst.delivery.eg-infodoc"),
        partition=LANE,
        offset=offset,
        received_at=1_000_000,
        key=UNIT.encode(),
        value=b"",
        traceparent=traceparent,
    )


def output(offset: int = OFFSET) -> OutputRecord:
    header = LedgerHeader(source_topic=1, source_offset=offset)
    return OutputRecord(CONSULTATION, b"k", b"v", header, 1_000_000)


def decided(**more: Any) -> DecidedDelivery:
    return DecidedDelivery(
        **{
            "system": SYSTEM,
            "org_nr": UNIT,
            "delivery_id": DELIVERY,
            "sequence": 5,
            "status": ReceiptStatus.PROCESSED,
            "cause": None,
            "outcomes": (3, 0, 0, 0, 0, 0, 1),
            "rules": (),
            "payload_bytes": 9,
            "at": 1_000_000,
            "offset": OFFSET,
            **more,
        }
    )


def fetched(headers: Any, number: int = 2) -> Any:
    record = SimpleNamespace(headers=[(HEADER_NAME, b"x"), *headers])
    return {TopicPartition(CONSULTATION, LANE): [record] * number}


async def test_sender_worker_and_sink_add_to_one_trace() -> None:
    recorded = Recorded()
    headers = await sent(recorded)
    batch = TracedBatch(recorded.traces, [received(of_headers(headers))])
    written = batch.headers(output())
    assert SENT in recorded.spans()
    assert worker.NAME not in recorded.spans(), "recorded before the commit"
    batch.committed([decided()])
    trace_rows(recorded.traces, "content", fetched(written), began_s=1_001.0)
    spans = recorded.spans()
    assert list(spans) == [SENT, worker.NAME, sink.NAME]
    assert len({one.context.trace_id for one in spans.values() if one.context}) == 1
    for child, parent in ((worker.NAME, SENT), (sink.NAME, worker.NAME)):
        of, context = spans[child].parent, spans[parent].context
        assert of is not None
        assert context is not None
        assert of.span_id == context.span_id


async def test_the_attributes_name_the_delivery_and_neither_person_nor_unit() -> None:
    recorded = Recorded()
    await sent(recorded)
    batch = TracedBatch(recorded.traces, [received(None)])
    trace_rows(recorded.traces, "content", fetched(batch.headers(output())), began_s=1_001.0)
    batch.committed([decided()])
    spans = recorded.spans()
    assert dict(spans[worker.NAME].attributes or {}) == {
        "messaging.destination.name": "kpr.hst.delivery.eg-infodoc",
        "kpr.system": "eg-infodoc",
        "kpr.lane": LANE,
        "kpr.delivery_id": DELIVERY,
        "kpr.status": "processed",
        "kpr.items": 4,
    }
    assert dict(spans[sink.NAME].attributes or {}) == {"kpr.sink": "content", "kpr.records": 2}
    assert spans[worker.NAME].start_time == 1_000 * 1_000_000_000
    for one in spans.values():
        assert UNIT not in one.to_json()


def test_an_id_that_is_no_delivery_id_is_left_out() -> None:
    recorded = Recorded()
    batch = TracedBatch(recorded.traces, [received(None)])
    batch.committed([decided(delivery_id="01815012345")])
    assert "01815012345" not in recorded.spans()[worker.NAME].to_json()


def test_a_delivery_that_was_not_answered_is_not_recorded() -> None:
    recorded = Recorded()
    batch = TracedBatch(recorded.traces, [received(None), received(None, OFFSET + 1)])
    batch.committed([decided()])
    assert len(recorded.kept.get_finished_spans()) == 1
    assert batch.headers(output(OFFSET + 2)) == [], "a record of another delivery"


def test_the_share_is_chosen_by_trace_id_whatever_the_sender_asks_for() -> None:
    recorded = Recorded(share=0.0)
    sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    batch = TracedBatch(recorded.traces, [received(sampled)])
    batch.committed([decided()])
    assert recorded.spans() == {}


async def test_where_traces_are_off_records_have_no_header() -> None:
    client = Client()
    publisher = Publisher(SYSTEM, NO_BROKER, cast("Any", None), cast("Any", client))
    await publisher._send([(UNIT, b"value")])
    assert client.headers == [[]]
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    batch = TracedBatch(NO_TRACES, [received(given)])
    assert batch.headers(output()) == []
    batch.committed([decided()])
    trace_rows(NO_TRACES, "content", fetched([(HEADER, b"x")]), began_s=0.0)
    assert make_traces(Settings(), "worker") is NO_TRACES


def test_without_the_extra_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with pytest.raises(ConfigurationError, match=r"KPR_TRACES.*not installed"):
        make_traces(Settings(traces=True), "worker")


def test_the_tracer_of_a_process_sends_to_the_endpoint_and_ends() -> None:
    traces = make_traces(Settings(traces=True, traces_endpoint="http://127.0.0.1:9"), "worker")
    assert traces.enabled
    assert of_headers([(HEADER, (traces.begin("x").traceparent or "").encode())])
    traces.close()
