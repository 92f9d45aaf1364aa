"""Build the Faust app, which moves records into lanes and reports rebalances.

Nothing is decided here. The source topics are declared ``acks=False``: Faust then neither tracks,
commits nor waits for their offsets. The lanes' own transactions commit them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import faust
from faust.types import TP
from faust.types.auth import AuthProtocol

from kpr_stream.errors import LaneSplitError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.adapters.tuning import FAUST, faust_timeouts, values
from kpr_stream.processor.faust_app.consumer import LaneConsumer
from kpr_stream.processor.faust_app.table_manager import NoTables
from kpr_stream.processor.lanes.assignment import Flow, Lanes, whole_lanes
from kpr_stream.settings import SecurityProtocol, Settings
from kpr_stream.traces.context import of_headers

_TOPIC_INDEX = {topic: index for index, topic in enumerate(SOURCE_TOPICS)}


def build_app(settings: Settings, access: KafkaAccess) -> faust.App:
    """Return a Faust app without agents, tables and web server."""
    app = faust.App(
        settings.app_id,
        broker=[f"kafka://{host}" for host in access.bootstrap.split(",")],
        broker_credentials=_credentials(access),
        **values((*FAUST, *faust_timeouts(settings))),
        datadir=faust_folder(settings),
        TableManager=NoTables,
    )
    # On this app's transport only: other apps in the process keep Faust's consumer.
    app.transport.Consumer = LaneConsumer  # type: ignore[misc]
    return app


def faust_folder(settings: Settings) -> Path:
    """Return the folder that Faust requires; it stays empty without tables."""
    return settings.home / "faust" / settings.instance


def flow_of(app: faust.App) -> Flow:
    """Return how lanes pause, resume and seek: through the app's consumer."""
    seeks: set[asyncio.Task[Any]] = set()

    def pause_topic(topic_index: int, lane: int) -> None:
        app.consumer.on_buffer_full(TP(SOURCE_TOPICS[topic_index], lane))

    def resume_topic(topic_index: int, lane: int) -> None:
        app.consumer.on_buffer_drop(TP(SOURCE_TOPICS[topic_index], lane))

    def pause(lane: int) -> None:
        for topic_index in range(len(SOURCE_TOPICS)):
            pause_topic(topic_index, lane)

    def resume(lane: int) -> None:
        for topic_index in range(len(SOURCE_TOPICS)):
            resume_topic(topic_index, lane)

    def seek(topic_index: int, lane: int, offset: int) -> None:
        task = asyncio.ensure_future(
            app.consumer.seek(TP(SOURCE_TOPICS[topic_index], lane), offset)
        )
        seeks.add(task)
        task.add_done_callback(seeks.discard)

    return Flow(pause, resume, seek, pause_topic, resume_topic)


def connect(app: faust.App, lanes: Lanes) -> None:
    """Register the agent that fills the lanes, and the hooks of a rebalance."""
    source = app.topic(
        *SOURCE_TOPICS,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        acks=False,
    )

    async def intake(stream: Any) -> None:  # noqa: ANN401 - Faust publishes no type for it
        arrived = stream.channel.queue
        async for event in stream.events():
            lanes.offer(_record(event.message))
            # Take what has arrived meanwhile too: Faust passes through the event loop for every
            # event, and creates a task for every event that finds its queue full.
            while not arrived.empty():
                lanes.offer(_record(arrived.get_nowait().message))

    app.agent(source, name="intake")(intake)

    def next_offsets() -> dict[TP, int]:
        return {
            TP(SOURCE_TOPICS[topic_index], lane): offset
            for (topic_index, lane), offset in lanes.next_offsets().items()
        }

    async def open_lanes(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as mode calls its handlers
        partitions: dict[str, set[int]] = defaultdict(set)
        for topic, partition in app.consumer.assignment():
            partitions[topic].add(partition)
        try:
            wanted = whole_lanes(partitions)
        except LaneSplitError as split:
            lanes.died(split)
            return
        consumer: Any = app.consumer
        consumer.next_offsets = next_offsets
        await lanes.open(app.consumer_generation_id, wanted)

    async def close_lanes(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as mode calls its handlers
        await lanes.close()

    app.on_rebalance_complete.connect(open_lanes)
    app.on_partitions_revoked.connect(close_lanes)
    # At SIGTERM Faust does not send the revoke signal.
    app.on_before_shutdown.connect(close_lanes)


def _record(message: Any) -> SourceRecord:  # noqa: ANN401 - Faust publishes no type for it
    return SourceRecord(
        topic_index=_TOPIC_INDEX[message.topic],
        partition=message.partition,
        offset=message.offset,
        received_at=round(message.timestamp * 1000),
        key=message.key,
        value=message.value,
        traceparent=of_headers(message.headers),
    )


def _credentials(access: KafkaAccess) -> faust.SASLCredentials:
    tls = access.for_aiokafka()["ssl_context"]
    credentials = faust.SASLCredentials(
        username=access.username,
        password=access.password.get_secret_value(),
        mechanism=access.mechanism,
        ssl_context=tls,
    )
    if access.security_protocol is SecurityProtocol.SASL_PLAINTEXT:
        credentials.protocol = AuthProtocol.SASL_PLAINTEXT
    return credentials
