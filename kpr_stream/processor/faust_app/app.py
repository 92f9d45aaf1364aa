"""The Faust shell: it moves bytes into lanes and tells when lanes change hands.

Nothing is decided here. The source topics are declared ``acks=False``: Faust then neither tracks
nor commits nor waits for them; their offsets are committed by the lanes' own transactions.
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

_TOPIC_INDEX = {topic: index for index, topic in enumerate(SOURCE_TOPICS)}


def build_app(settings: Settings, access: KafkaAccess) -> faust.App:
    """A Faust app with no agents, tables or web server."""
    app = faust.App(
        settings.app_id,
        broker=[f"kafka://{host}" for host in access.bootstrap.split(",")],
        broker_credentials=_credentials(access),
        **values((*FAUST, *faust_timeouts(settings))),
        datadir=faust_folder(settings),
        TableManager=NoTables,
    )
    # Of this app's transport alone: the class keeps Faust's own.
    app.transport.Consumer = LaneConsumer  # type: ignore[misc]
    return app


def faust_folder(settings: Settings) -> Path:
    """Where Faust wants a folder of its own; it stays empty, since there are no tables."""
    return settings.home / "faust" / settings.instance


def flow_of(app: faust.App) -> Flow:
    """Pausing, resuming and seeking through the app's consumer."""
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
    """Register the intake agent and the hooks of the group."""
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
            # Faust goes round the event loop for every event, and makes a task for every one that
            # finds its queue full: what has come meanwhile is taken at once.
            while not arrived.empty():
                lanes.offer(_record(arrived.get_nowait().message))

    app.agent(source, name="intake")(intake)

    def next_offsets() -> dict[TP, int]:
        return {
            TP(SOURCE_TOPICS[topic_index], lane): offset
            for (topic_index, lane), offset in lanes.next_offsets().items()
        }

    async def opened(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as mode calls its handlers
        partitions: dict[str, set[int]] = defaultdict(set)
        for topic, partition in app.consumer.assignment():
            partitions[topic].add(partition)
        try:
            wanted = whole_lanes(partitions)
        except LaneSplitError as split:
            lanes.died(split)
            return
        consumer: Any = app.consumer
        consumer.goes_on = next_offsets
        await lanes.open(app.consumer_generation_id, wanted)

    async def closed(*_: Any, **__: Any) -> None:  # noqa: ANN401 - as mode calls its handlers
        await lanes.close()

    app.on_rebalance_complete.connect(opened)
    app.on_partitions_revoked.connect(closed)
    # SIGTERM does not send the revoke signal.
    app.on_before_shutdown.connect(closed)


def _record(message: Any) -> SourceRecord:  # noqa: ANN401 - Faust publishes no type for it
    return SourceRecord(
        topic_index=_TOPIC_INDEX[message.topic],
        partition=message.partition,
        offset=message.offset,
        received_at=round(message.timestamp * 1000),
        key=message.key,
        value=message.value,
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
