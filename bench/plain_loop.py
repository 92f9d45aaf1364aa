"""Do the same work without guarantees: read, decrypt, decode, COPY.

There are no rules, deduplication, pseudonyms, receipts or Kafka transactions. If this process is
killed, records are lost or doubled.

    python -m bench.plain_loop DELIVERIES

Reads a number of deliveries from the beginning of all delivery topics and prints one JSON object.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Mapping
from time import perf_counter, process_time
from typing import Any, Final

import asyncpg
import fastavro
from aiokafka import AIOKafkaConsumer, TopicPartition
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kpr_stream.database.access import postgres_dsn
from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import keyring
from kpr_stream.keys.envelope import EncryptedPayload, associated_data, decrypt
from kpr_stream.model.topics import PARTITIONS, Role, delivery_topic
from kpr_stream.model.words import SYSTEMS
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings

COLUMNS: Final = (
    *("consultation_id", "service", "start", "consultation_type", "contact_form", "attendance"),
    *("programme_step", "duration_minutes", "practitioner_roles", "person_local_id", "fnr"),
    *("birth_date", "sex", "weight_g", "length_mm", "length_position"),
    *("head_circumference_mm", "breastfeeding"),
)
TABLE: Final = """
DROP SCHEMA IF EXISTS plain CASCADE;
CREATE SCHEMA plain;
CREATE TABLE plain.consultation (org_nr text, consultation_id text, service text,
    start timestamptz, consultation_type text, contact_form text, attendance text,
    programme_step text, duration_minutes integer, practitioner_roles text[],
    person_local_id text, fnr text, birth_date date, sex text, weight_g integer,
    length_mm integer, length_position text, head_circumference_mm integer, breastfeeding text)
"""
_BOUND: Final = (
    *("org_nr", "system", "sequence", "delivery_id", "message_type", "contract_version"),
)


async def run(settings: Settings, deliveries: int) -> dict[str, float]:
    """Return seconds, CPU seconds and items of one run."""
    keys = keyring(settings).private_keys
    consumer = AIOKafkaConsumer(
        **kafka_access(settings, Role.PROCESSOR).for_aiokafka(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    database = await asyncpg.connect(postgres_dsn(settings, "kpr_owner").get_secret_value())
    await database.execute(TABLE)
    await consumer.start()
    try:
        topics = [delivery_topic(system) for system in SYSTEMS]
        consumer.assign([TopicPartition(t, n) for t in topics for n in range(PARTITIONS)])
        taken = items = 0
        began, spent = perf_counter(), process_time()
        while taken < deliveries:
            fetched = await consumer.getmany(timeout_ms=200)
            rows = []
            for records in fetched.values():
                for record in records:
                    rows += rows_of(wire.decode("delivery", record.value), keys)
                    taken += 1
            if rows:
                await database.copy_records_to_table(
                    "consultation", schema_name="plain", records=rows
                )
            items += len(rows)
        return {
            "items": items,
            "seconds": perf_counter() - began,
            "cpu_seconds": process_time() - spent,
        }
    finally:
        await consumer.stop()
        await database.close()


def rows_of(
    envelope: Mapping[str, Any], keys: Mapping[str, RSAPrivateKey]
) -> list[tuple[Any, ...]]:
    """Return the rows of a delivery: decrypted and decoded, nothing else."""
    sealed = envelope["encryption"]
    clear = decrypt(
        EncryptedPayload(
            sealed["key_id"], sealed["wrapped_key"], sealed["nonce"], envelope["payload"]
        ),
        private_keys=keys,
        bound_to=associated_data(**{name: envelope[name] for name in _BOUND}),
    )
    items: Any = fastavro.reader(io.BytesIO(clear))
    return [(envelope["org_nr"], *(item[name] for name in COLUMNS)) for item in items]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Settings(), int(sys.argv[1])))))
