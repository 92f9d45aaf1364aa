"""Every setting of Faust, its consumer, the lanes' producers, Polars and RocksDB that differs from
its default, and the failure our value prevents. ``docs/operate/worker-settings.md`` shows the
tables; tests read each value back from the running objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kpr_stream.model.tuned import TunedSetting
from kpr_stream.settings import Settings


@dataclass(frozen=True, slots=True)
class Tuned:
    """One setting with the value as the library takes it."""

    name: str
    value: Any
    prevents: str

    def shown(self) -> TunedSetting:
        """As a row of the documentation."""
        return TunedSetting(self.name, str(self.value), self.prevents)


def values(tuned: Iterable[Tuned]) -> Mapping[str, Any]:
    """Keyword arguments."""
    return {t.name: t.value for t in tuned}


FAUST: tuple[Tuned, ...] = (
    Tuned(
        "broker_rebalance_timeout",
        30.0,
        "A worker that closes its lanes in 5 s would wait a minute for a worker that is gone.",
    ),
    Tuned(
        "broker_max_poll_records",
        200,
        "A revoke waits for the records in progress, which would otherwise be a whole fetch.",
    ),
    Tuned(
        "consumer_max_fetch_size",
        262_144,
        "Forty partitions would hold a fetch of 1 MiB each, outside the lanes' 8 MB. A larger "
        "record is still fetched, alone.",
    ),
    Tuned(
        "consumer_auto_offset_reset",
        "earliest",
        "A new group would begin at the end and lose everything sent before.",
    ),
    Tuned(
        "stream_buffer_maxsize",
        16,
        "With 4,096 deliveries of up to 4 MB in each channel, memory would run out.",
    ),
    Tuned(
        "stream_wait_empty",
        value=False,
        prevents="A hand-over would wait for acknowledgements that lanes never give.",
    ),
    Tuned(
        "table_standby_replicas",
        1,
        "With 0 the assignor is round robin and gives parts of a lane to different workers.",
    ),
    Tuned(
        "topic_allow_declare",
        value=False,
        prevents="A worker would create topics without our settings and rights.",
    ),
    Tuned(
        "topic_disable_leader",
        value=True,
        prevents="Faust would want a leader topic that the rights do not allow.",
    ),
    Tuned(
        "web_enabled",
        value=False,
        prevents="Faust would serve its internal state on 0.0.0.0:6066 to everybody.",
    ),
    Tuned(
        "autodiscover",
        value=False,
        prevents="Modules would be imported for their side effects; there are none.",
    ),
    Tuned(
        "store",
        "memory://",
        "A table added by mistake would be a second state store beside the ledger.",
    ),
    Tuned(
        "worker_redirect_stdouts",
        value=False,
        prevents="A print would be split into one log record for each argument.",
    ),
)
"""Faust. Besides, the source topics are declared ``acks=False``: Faust would commit their offsets
past records that a lane has not yet carried through."""


def faust_timeouts(settings: Settings) -> tuple[Tuned, ...]:
    """What a setting decides."""
    return (
        Tuned(
            "broker_session_timeout",
            settings.session_timeout_ms / 1000,
            "A dead worker's lanes would wait a minute for a new owner.",
        ),
        Tuned(
            "broker_heartbeat_interval",
            settings.heartbeat_interval_ms / 1000,
            "A heartbeat announces a rebalance: at 3 s, lanes would wait up to 3 s for it.",
        ),
        *static_membership(settings),
    )


def static_membership(settings: Settings) -> tuple[Tuned, ...]:
    """What names a worker to the group, if it is to keep its lanes over a restart."""
    if not settings.static_membership:
        return ()
    return (
        Tuned(
            "consumer_group_instance_id",
            f"{settings.app_id}-{settings.instance}",
            "A restart would move all lanes twice, away and back.",
        ),
    )


CONSUMER: tuple[Tuned, ...] = (
    Tuned(
        "fetch_max_wait_ms",
        200,
        "A fetch that waits for idle partitions delays those that are resumed or assigned "
        "meanwhile: with Faust's 1,500 ms a lane waited a second and a half.",
    ),
)
"""The client under Faust's consumer, where Faust has fixed a value in its code."""

PRODUCER: tuple[Tuned, ...] = (
    Tuned(
        "transaction_timeout_ms",
        15_000,
        "Readers would wait a minute behind the open transaction of a dead worker.",
    ),
    Tuned("acks", "all", "An acknowledged record could be lost with its broker."),
    Tuned("enable_idempotence", value=True, prevents="A retry could write a record twice."),
    Tuned("compression_type", "lz4", "Network and disk would carry five times the bytes."),
    Tuned(
        "max_batch_size",
        500_000,
        "Batches of 16 kB would need a request for every few records. max.message.bytes (1 MB) "
        "limits the batch, so the value stays below it.",
    ),
    Tuned(
        "max_request_size",
        1_000_000,
        "A record too large for the topic would be sent before it is refused.",
    ),
)

OUTPUT_READER: tuple[Tuned, ...] = (
    Tuned(
        "enable_auto_commit",
        value=False,
        prevents="The reader would move the group's source offsets.",
    ),
    Tuned(
        "isolation_level",
        "read_committed",
        "A ledger would remember records of an aborted transaction.",
    ),
    Tuned(
        "auto_offset_reset",
        "none",
        "A position outside the log would silently become another one.",
    ),
    Tuned("max_poll_records", 10_000, "A rebuild would need a poll for every few records."),
)

POLARS: tuple[Tuned, ...] = (
    Tuned(
        "POLARS_MAX_THREADS",
        1,
        "A worker's frame is too small to be divided. Threads that wait for a part of a frame "
        "take the second core from the broker and the other lanes.",
    ),
)
"""Environment that Polars reads when it is imported."""

ROCKSDB: tuple[Tuned, ...] = (
    Tuned(
        "block_cache",
        64 * 1024 * 1024,
        "Eight ledgers with caches of their own would grow past 400 MB; all share this one.",
    ),
    Tuned(
        "write_buffer_manager",
        48 * 1024 * 1024,
        "Eight ledgers would keep 64 MB of writes each; all share this budget.",
    ),
    Tuned(
        "cache_index_and_filter_blocks",
        value=True,
        prevents="Indexes and filters would lie outside the cache and grow with history.",
    ),
    Tuned(
        "filter_policy",
        "bloomfilter:10",
        "Most keys that are looked up are new: each would cost a read of every level.",
    ),
    Tuned(
        "compression", "kLZ4Compression", "Snappy compresses these entries less at the same cost."
    ),
    Tuned(
        "keep_log_file_num", 1, "RocksDB would keep 1,000 log files of its own beside each ledger."
    ),
)
