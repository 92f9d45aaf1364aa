"""Kafka as a connector meets it: the truth about why it cannot be reached."""

from __future__ import annotations

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError, UnknownTopicOrPartitionError

from kpr_stream.access import KafkaAccess
from kpr_stream.errors import BrokerError

CLIENT_ID = "kpr-stream-connect"
REQUEST_TIMEOUT_MS = 10_000
"""A broker that takes longer is not there; without it the first failure shows after 40 s."""


async def why(access: KafkaAccess, cause: BaseException) -> BrokerError:
    """The error to tell. aiokafka logs a refused login and then reports only that it found no
    broker, so one connection is tried by hand."""
    if isinstance(cause, UnknownTopicOrPartitionError):
        return BrokerError(
            f"Kafka at {access.bootstrap} has no topics of KPR.",
            what_to_do="Check that this is the register's cluster (docs/operate/topics.md).",
        )
    if not isinstance(cause, KafkaConnectionError):
        return access.failed(cause)
    host, _, port = access.bootstrap.split(",")[0].rpartition(":")
    settings = access.for_aiokafka()
    del settings["bootstrap_servers"]
    try:
        connection = await create_conn(
            host.strip("[]"),
            int(port),
            client_id=CLIENT_ID,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            **settings,
        )
    except (OSError, ValueError, KafkaError) as found:
        return access.failed(found)
    connection.close()
    return access.failed(cause)
