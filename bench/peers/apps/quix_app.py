"""Quix Streams: a stateful function in RocksDB with changelog, exactly once."""

from __future__ import annotations

from typing import Any

from quixstreams import Application, State
from quixstreams.kafka.configuration import ConnectionConfig
from quixstreams.models.serializers import Serializer

from bench.peers.apps.bare import INPUT, encoded, items_of
from bench.peers.apps.start import Start, ready

COMMIT_S = 0.5
"""Between two transactions. Its default of 5 s would be a part of every measurement, and shorter
transactions cost more than they bring."""

Pair = tuple[bytes, bytes]


class SecondOfPair(Serializer):  # type: ignore[misc] # not installed here
    """Writes the value of a pair of key and value."""

    def __call__(self, value: Pair, ctx: Any) -> bytes:  # noqa: ANN401, ARG002 - as Quix calls it
        return value[1]


class Work:
    """Returns the new items of a delivery. State is that of the delivery's key, its unit."""

    def __init__(self) -> None:
        self._begun = False

    def __call__(self, value: bytes, state: State) -> list[Pair]:
        if not self._begun:
            # Quix has no call for it: the first record is handed over as soon as state is open.
            self._begun = True
            ready()
        found: list[Pair] = []
        for item in items_of(value):
            if state.get_bytes(item.key) != item.digest:
                state.set_bytes(item.key, item.digest)
                found.append((item.key.encode(), encoded(item)))
        return found


def build(start: Start) -> Application:
    """Return the application."""
    app = Application(
        ConnectionConfig.from_librdkafka_dict(start.for_librdkafka()),
        consumer_group=start.group,
        auto_offset_reset="earliest",
        commit_interval=COMMIT_S,
        state_dir=start.state,
        processing_guarantee="exactly-once",
        producer_extra_config={"compression.type": "zstd", "linger.ms": 5},
        loglevel="WARNING",
    )
    source = app.topic(INPUT, key_deserializer="bytes", value_deserializer="bytes")
    output = app.topic(start.output, key_serializer="bytes", value_serializer=SecondOfPair())
    frame = app.dataframe(source)
    frame = frame.apply(Work(), stateful=True, expand=True)
    frame.to_topic(output, key=lambda pair: pair[0])
    return app


if __name__ == "__main__":
    build(Start.from_environment()).run()
