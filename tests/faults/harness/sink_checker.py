"""Compare the database with the topics, by ``sink verify`` and by a reading of our own.

The second comparison shares no code with the sinks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg

from kpr_stream.database.access import postgres_dsn
from kpr_stream.errors import KprError
from kpr_stream.settings import Settings
from kpr_stream.sinks.compare import TopicResult
from kpr_stream.sinks.tables import SinkKind
from kpr_stream.sinks.verify import verify_sink
from tests.faults.harness.check import CLEANED, Written, decode
from tests.support.poll import HANGING_S

RowPositions = Mapping[str, tuple[int, int, str]]
"""Partition, offset and status by key."""
POLL_S: Final = 0.5


async def wait_until_caught_up(settings: Settings) -> list[TopicResult]:
    """Return ``sink verify`` of every topic once the sinks reach its end, or at the limit."""
    limit = time.monotonic() + HANGING_S
    while True:
        found: list[TopicResult] = []
        try:
            for kind in SinkKind:
                found += await verify_sink(settings, kind)
        except KprError:
            found = []  # the database recovers from a crash
        if (found and not any(r.behind for r in found)) or time.monotonic() > limit:
            return found
        await asyncio.sleep(POLL_S)


async def row_differences(settings: Settings, written: Sequence[Written]) -> list[str]:
    """Report where a table differs from its topic: one row for each key's last record, no other."""
    dsn = postgres_dsn(settings, "content_sink").get_secret_value()
    connection = await asyncpg.connect(dsn)
    try:
        found: list[str] = []
        for topic, name in CLEANED.items():
            rows = await connection.fetch(
                f"SELECT {name}_key AS key, source_partition, source_offset, status "  # noqa: S608
                f"FROM content.{name}"
            )
            places = {
                r["key"].hex: (r["source_partition"], r["source_offset"], r["status"]) for r in rows
            }
            found += differing_rows(topic, last_of_each_key(written, topic, name), places)
        return found
    finally:
        await connection.close()


def last_of_each_key(written: Sequence[Written], topic: str, name: str) -> RowPositions:
    """Return the rows that a topic's table must hold."""
    last: dict[str, Written] = {}
    for record in written:
        if record.topic == topic:
            key = (record.key or b"").decode()
            if key not in last or record.offset > last[key].offset:
                last[key] = record
    return {
        key: (record.partition, record.offset, decode(name, record.value)["status"])
        for key, record in last.items()
    }


def differing_rows(topic: str, wanted: RowPositions, found: RowPositions) -> list[str]:
    """Report every key whose row is missing, superfluous or from another record."""
    return [
        f"{topic} {key}: the topic says {wanted.get(key)}, the table {found.get(key)}"
        for key in sorted(wanted.keys() | found.keys())
        if wanted.get(key) != found.get(key)
    ]
