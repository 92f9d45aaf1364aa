"""List every library setting that differs from its default, and the failure our value prevents.

For Faust, its consumer, the lanes' producers, Polars and RocksDB. The tables are shown in
``docs/operate/worker-settings.md``. Tests read each value back from the running objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kpr_stream.model.tuned import TunedSetting
from kpr_stream.settings import Settings


def values(settings: Iterable[TunedSetting]) -> Mapping[str, Any]:
    """Return the settings as keyword arguments of a library's call."""
    return {setting.name: setting.value for setting in settings}


FAUST: tuple[TunedSetting, ...] = (
    TunedSetting(
        "broker_rebalance_timeout",
        30.0,
        "A worker that closes its lanes in 5 s would wait a minute for a worker that is gone.",
    ),
    TunedSetting(
        "broker_max_poll_records",
        200,
        "A revoke waits for the records in progress, which would otherwise be a whole fetch.",
    ),
    TunedSetting(
        "consumer_max_fetch_size",
        262_144,
        "Forty partitions would hold a fetch of 1 MiB each, outside the lanes' 8 MB. A larger "
        "record is still fetched, alone.",
    ),
    TunedSetting(
        "consumer_auto_offset_reset",
        "earliest",
        "A new group would begin at the end and lose everything sent before.",
    ),
    TunedSetting(
        "stream_buffer_maxsize",
        16,
        "With 4,096 deliveries of up to 4 MB in each channel, memory would run out.",
    ),
    TunedSetting(
        "stream_wait_empty",
        value=False,
        prevents="A hand-over would wait for acknowledgements that lanes never give.",
    ),
    TunedSetting(
        "table_standby_replicas",
        1,
        "With 0 the assignor is round robin and gives parts of a lane to different workers.",
    ),
    TunedSetting(
        "topic_allow_declare",
        value=False,
        prevents="A worker would create topics without our settings and rights.",
    ),
    TunedSetting(
        "topic_disable_leader",
        value=True,
        prevents="Faust would want a leader topic that the rights do not allow.",
    ),
    TunedSetting(
        "web_enabled",
        value=False,
        prevents="Faust would serve its internal state on 0.0.0.0:6066 to everybody.",
    ),
    TunedSetting(
        "autodiscover",
        value=False,
        prevents="Modules would be imported for their side effects; there are none.",
    ),
    TunedSetting(
        "store",
        "memory://",
        "A table added by mistake would be a second state store beside the ledger.",
    ),
    TunedSetting(
        "worker_redirect_stdouts",
        value=False,
        prevents="A print would be split into one log record for each argument.",
    ),
)
"""Faust. Besides, the source topics are declared ``acks=False``: Faust would commit their offsets
past records that a lane has not yet carried through."""


def faust_timeouts(settings: Settings) -> tuple[TunedSetting, ...]:
    """Return what the settings of this process decide."""
    return (
        TunedSetting(
            "broker_session_timeout",
            settings.session_timeout_ms / 1000,
            "A dead worker's lanes would wait a minute for a new owner.",
        ),
        TunedSetting(
            "broker_heartbeat_interval",
            settings.heartbeat_interval_ms / 1000,
            "A heartbeat announces a rebalance: at 3 s, lanes would wait up to 3 s for it.",
        ),
        *static_membership(settings),
    )


def static_membership(settings: Settings) -> tuple[TunedSetting, ...]:
    """Return what names a worker to the group, if it keeps its lanes over a restart."""
    if not settings.static_membership:
        return ()
    return (
        TunedSetting(
            "consumer_group_instance_id",
            "-".join(filter(None, (settings.app_id, settings.machine, settings.instance))),
            "A restart would move all lanes twice, away and back.",
        ),
    )


CONSUMER: tuple[TunedSetting, ...] = (
    TunedSetting(
        "fetch_max_wait_ms",
        200,
        "A fetch that waits for idle partitions delays those that are resumed or assigned "
        "meanwhile: with Faust's 1,500 ms a lane waited a second and a half.",
    ),
)
"""The client under Faust's consumer, where Faust has fixed a value in its code."""

PRODUCER: tuple[TunedSetting, ...] = (
    TunedSetting(
        "transaction_timeout_ms",
        15_000,
        "Readers would wait a minute behind the open transaction of a dead worker.",
    ),
    TunedSetting("acks", "all", "An acknowledged record could be lost with its broker."),
    TunedSetting("enable_idempotence", value=True, prevents="A retry could write a record twice."),
    TunedSetting(
        "compression_type",
        "zstd",
        "Network and disk would carry four times the bytes. aiokafka's lz4 takes twice as long, "
        "always at level 9, and holds the interpreter's lock meanwhile.",
    ),
    TunedSetting(
        "max_batch_size",
        500_000,
        "Batches of 16 kB would need a request for every few records. max.message.bytes (1 MB) "
        "limits the batch, so the value stays below it.",
    ),
    TunedSetting(
        "max_request_size",
        1_000_000,
        "A record too large for the topic would be sent before it is refused.",
    ),
)

OUTPUT_READER: tuple[TunedSetting, ...] = (
    TunedSetting(
        "enable_auto_commit",
        value=False,
        prevents="The reader would move the group's source offsets.",
    ),
    TunedSetting(
        "isolation_level",
        "read_committed",
        "A ledger would remember records of an aborted transaction.",
    ),
    TunedSetting(
        "auto_offset_reset",
        "none",
        "A position outside the log would silently become another one.",
    ),
    TunedSetting("max_poll_records", 10_000, "A rebuild would need a poll for every few records."),
)

POLARS: tuple[TunedSetting, ...] = (
    TunedSetting(
        "POLARS_MAX_THREADS",
        1,
        "A worker's frame is too small to be divided. Threads that wait for a part of a frame "
        "take the second core from the broker and the other lanes.",
    ),
)
"""Environment that Polars reads when it is imported."""

ROCKSDB: tuple[TunedSetting, ...] = (
    TunedSetting(
        "block_cache",
        64 * 1024 * 1024,
        "Eight ledgers with caches of their own would grow past 400 MB; all share this one.",
    ),
    TunedSetting(
        "write_buffer_manager",
        48 * 1024 * 1024,
        "Eight ledgers would keep 64 MB of writes each; all share this budget.",
    ),
    TunedSetting(
        "cache_index_and_filter_blocks",
        value=True,
        prevents="Indexes and filters would lie outside the cache and grow with history.",
    ),
    TunedSetting(
        "filter_policy",
        "bloomfilter:10",
        "Most keys that are looked up are new: each would cost a read of every level.",
    ),
    TunedSetting(
        "compression", "kLZ4Compression", "Snappy compresses these entries less at the same cost."
    ),
    TunedSetting(
        "keep_log_file_num", 1, "RocksDB would keep 1,000 log files of its own beside each ledger."
    ),
)
