"""List every broker and topic setting that differs from Kafka's default, and why.

An integration test reads each setting back from the running broker. Another test compares
``docs/operate/embedded-settings.md`` with these tables. Addresses, folders and logins belong to
one installation and are set in ``broker.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

from kpr_stream.model.topics import DAY_MS, MAX_DELIVERY_BYTES
from kpr_stream.model.tuned import TunedSetting

_LONGEST_RETENTION_MINUTES = 400 * DAY_MS // 60_000

BROKER: tuple[TunedSetting, ...] = (
    TunedSetting(
        "authorizer.class.name",
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "Without an authorizer every login may read and write everything.",
    ),
    TunedSetting(
        "auto.create.topics.enable",
        "false",
        "A mistyped name would create a topic with one partition, and lanes would split.",
    ),
    TunedSetting(
        "message.max.bytes",
        str(MAX_DELIVERY_BYTES),
        "A delivery of 2 MB of payload would be refused by the default of 1 MB.",
    ),
    TunedSetting(
        "replica.fetch.max.bytes",
        str(MAX_DELIVERY_BYTES),
        "A follower would fetch large deliveries one request at a time and fall out of the ISR.",
    ),
    TunedSetting(
        "offsets.retention.minutes",
        str(_LONGEST_RETENTION_MINUTES),
        "A group that is stopped for a week would lose its offsets, then skip or repeat records. "
        "The value is the longest retention of any topic.",
    ),
    TunedSetting(
        "offsets.topic.replication.factor",
        "1",
        "One node cannot place three replicas: no group could ever commit.",
    ),
    TunedSetting(
        "offsets.topic.num.partitions",
        "8",
        "Fifty logs would be created at first use, which costs seconds for a few groups.",
    ),
    TunedSetting(
        "transaction.state.log.replication.factor",
        "1",
        "One node cannot place three replicas: no transaction could ever begin.",
    ),
    TunedSetting(
        "transaction.state.log.min.isr",
        "1",
        "One node never has two replicas in sync: every transaction would be refused.",
    ),
    TunedSetting(
        "transaction.state.log.num.partitions",
        "8",
        "Fifty logs would be created at first use, for eight transactional ids.",
    ),
    TunedSetting(
        "transaction.max.timeout.ms",
        "60000",
        "A client that asks for 15 minutes and dies would block every read_committed reader for "
        "as long.",
    ),
    TunedSetting(
        "group.initial.rebalance.delay.ms",
        "100",
        "Every first start of a group would wait 3 s for members that do not exist.",
    ),
    TunedSetting(
        "broker.session.timeout.ms",
        "3000",
        "A broker that restarts after a kill would wait 9 s for its own old session to expire.",
    ),
    TunedSetting(
        "broker.heartbeat.interval.ms",
        "500",
        "At the default of 2 s one late heartbeat would end a session of 3 s.",
    ),
    TunedSetting(
        "log.cleaner.dedupe.buffer.size",
        "33554432",
        "The cleaner's 128 MB would take a sixth of the small heap for a table that stays empty.",
    ),
)
"""Settings of the embedded broker. A cluster of three needs replication 3 and min.isr 2, not 1."""

TOPIC_PREVENTS: Mapping[str, str] = {
    "cleanup.policy": "With deletion by age a state topic forgets units that are quiet. With "
    "compaction a delivery topic would keep one delivery for each unit.",
    "retention.ms": "The default of a week loses deliveries in a long outage, and receipts before "
    "anybody has read them.",
    "message.timestamp.type": "Decisions use the broker's time. With the default, the sender's "
    "clock would decide.",
    "max.message.bytes": "A delivery of 2 MB of payload would be refused.",
    "segment.ms": "The active segment is never compacted, so erased records would stay on disk for "
    "a week.",
    "min.compaction.lag.ms": "A reader that is slightly behind would miss changes.",
    "max.compaction.lag.ms": "A redacted value would stay until half the log is dirty, which "
    "may never happen in a quiet topic.",
    "delete.retention.ms": "A sink that is stopped for more than a day would miss erasures.",
}
"""What each topic setting prevents. The values are in ``model/topics.py``."""
