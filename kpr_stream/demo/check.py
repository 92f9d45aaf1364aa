"""Check a finished demo from outside: receipts and topics, rows, privacy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from kpr_stream.audit.balance import TOPICS_READ, Balance
from kpr_stream.audit.privacy import Leak, search_files, search_record
from kpr_stream.audit.rows import Comparison, compare
from kpr_stream.database.connect import connect
from kpr_stream.kafka.access import KafkaAccess, kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.keys.access import keyring
from kpr_stream.model.topics import PARTITIONS_OF, Role
from kpr_stream.model.words import MessageType
from kpr_stream.settings import Settings

CANARY: Final = "90909012345"
"""A number that no person can have: day 90 does not exist."""
ID_FIELDS: Final = frozenset({"fodselsNr", "dNr", "dufNr", "fhNr"})
"""The fields of an export that hold national ids."""
SEARCHED_LOGS: Final = ("*.log", "*.json", "*.txt")


@dataclass(slots=True)
class PrivacySearch:
    """What was searched for, where, and what was found."""

    ids: int
    records: int
    files: int
    leaks: list[Leak]
    canary_found: bool

    @property
    def clean(self) -> bool:
        """Whether the search found the canary and nothing else."""
        return self.canary_found and not self.leaks


async def read_books(settings: Settings) -> Balance:
    """Return what receipts and topics say of every unit now."""
    books = Balance()
    async for record in read_all(kafka_access(settings, Role.ADMIN), TOPICS_READ):
        books.add(record)
    return books


async def compare_rows(settings: Settings, truth: Path) -> tuple[Comparison, int]:
    """Compare the rows with the truth; also return the number of live rows."""
    rows = {
        MessageType.CONSULTATION: await _rows(settings, "consultation"),
        MessageType.APPOINTMENT: await _rows(settings, "appointment"),
    }
    live = sum(row["status"] == "live" for table in rows.values() for row in table.values())
    with truth.open(encoding="utf-8") as lines:
        found = compare((json.loads(line) for line in lines), rows, keyring(settings).pseudonyms)
    return found, live


async def search(settings: Settings, exports: Path, logs: Path) -> PrivacySearch:
    """Search every topic and log for the ids of the exports.

    A canary is planted in a topic and in a log first. A search that misses it proves nothing.
    """
    ids = frozenset(number.encode() for number in await asyncio.to_thread(_ids, exports))
    canary = frozenset({CANARY.encode()})
    log_canary = await asyncio.to_thread(_plant_in_log, logs)
    access = kafka_access(settings, Role.ADMIN)
    found = PrivacySearch(len(ids), 0, 0, [], canary_found=False)
    in_topic = False
    async with _canary_topic(access) as canary_topic:
        async for record in read_all(access, {canary_topic: 1, **PARTITIONS_OF}):
            found.records += 1
            in_topic = in_topic or search_record(record, canary) is not None
            if leak := search_record(record, ids):
                found.leaks.append(leak)
    files = await asyncio.to_thread(_files, logs)
    found.files = len(files)
    found.leaks += await asyncio.to_thread(lambda: list(search_files(files, ids)))
    in_log = await asyncio.to_thread(lambda: any(search_files(files, canary)))
    await asyncio.to_thread(log_canary.unlink)
    found.canary_found = in_topic and in_log
    return found


def _files(logs: Path) -> list[Path]:
    return sorted({path for pattern in SEARCHED_LOGS for path in logs.rglob(pattern)})


def _ids(exports: Path) -> set[str]:
    """Return every national id in the exports, padded to its full length."""
    found: set[str] = set()
    for path in exports.rglob("*.json"):
        found.update(_ids_in(json.loads(path.read_text("utf-8"))))
    return found


def _ids_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ID_FIELDS and inner is not None:
                yield str(inner).zfill(12 if name == "dufNr" else 11)
            else:
                yield from _ids_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids_in(inner)


def _plant_in_log(logs: Path) -> Path:
    path = logs / f"canary-{uuid4().hex[:8]}.log"
    path.write_text(f"a line that must be found: {CANARY}\n", "utf-8")
    return path


@asynccontextmanager
async def _canary_topic(access: KafkaAccess) -> AsyncIterator[str]:
    """Make a topic with the canary in a compressed batch; delete it afterwards."""
    topic = f"kpr.audit.canary-{uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(**access.for_aiokafka())
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
        producer = AIOKafkaProducer(**access.for_aiokafka(), compression_type="lz4")
        await producer.start()
        try:
            # Long enough that the batch is compressed: the bytes on the disk then differ.
            value = f"a record that must be found: {CANARY} {'x' * 2000}".encode()
            await producer.send_and_wait(topic, value=value, partition=0)
        finally:
            await producer.stop()
        yield topic
    finally:
        await admin.delete_topics([topic])
        await admin.close()


async def _rows(settings: Settings, table: str) -> dict[str, dict[str, Any]]:
    connection = await connect(settings, "kpr_owner")
    try:
        found = await connection.fetch(f"SELECT * FROM content.{table}")  # noqa: S608 - ours
    finally:
        await connection.close()
    return {row[f"{table}_key"].hex: dict(row) for row in found}
