"""Plain Faust: an agent and a table in RocksDB, with its changelog.

Faust has no exactly-once processing of such an app that its documentation calls stable: this one
is at least once. After a crash, outputs are written again that the changelog does not show yet.
"""

from __future__ import annotations

from typing import Any

import faust
from faust.types.auth import AuthProtocol

from bench.peers.apps.bare import INPUT, encoded, items_of
from bench.peers.apps.start import Start, ready
from kpr_stream.model.topics import PARTITIONS


def build(start: Start) -> faust.App:
    """Return the app."""
    login = start.properties
    credentials = faust.SASLCredentials(
        username=login["sasl.username"],
        password=login["sasl.password"],
        mechanism=login["sasl.mechanism"],
    )
    credentials.protocol = AuthProtocol.SASL_PLAINTEXT
    app = faust.App(
        start.group,
        broker=f"kafka://{start.bootstrap}",
        broker_credentials=credentials,
        consumer_auto_offset_reset="earliest",
        datadir=start.state,
        producer_compression_type="zstd",
        producer_linger=0.005,
        producer_max_batch_size=500_000,
        store="rocksdb://",
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    as_bytes: dict[str, Any] = {
        "key_type": bytes,
        "value_type": bytes,
        "key_serializer": "raw",
        "value_serializer": "raw",
    }
    source = app.topic(INPUT, **as_bytes)
    output = app.topic(start.output, **as_bytes)
    digests = app.Table(
        "digests",
        key_type=bytes,
        value_type=bytes,
        partitions=PARTITIONS,
        options={"driver": "rocksdict"},
    )

    async def work(stream: Any) -> None:  # noqa: ANN401 - Faust publishes no type for it
        async for value in stream:
            for item in items_of(value):
                key = item.key.encode()
                if digests.get(key) != item.digest:
                    digests[key] = item.digest
                    await output.send(key=key, value=encoded(item))

    app.agent(source)(work)

    async def recovered(*_: Any) -> None:  # noqa: ANN401 - as Faust calls it
        ready()

    digests.on_recover(recovered)
    return app


if __name__ == "__main__":
    worker = faust.Worker(build(Start.from_environment()), loglevel="warning", quiet=True)
    # It writes to standard output, into the line that says ready.
    worker.spinner = None
    worker.execute_from_commandline()
