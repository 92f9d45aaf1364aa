"""Write the same rows into the same database: row by row, by COPY, and by the content sink.

Every way takes the same encoded records and decodes them itself. The two simple ways write into a
table without index, history or positions: a crash leaves rows lost or doubled there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any, Final

import asyncpg

from bench.encoder import NAME
from bench.end_to_end import fresh_database
from bench.sink_rows import LANE, MIRROR, batches, decoded, prepare, write_batches
from kpr_stream.database.access import postgres_dsn
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from kpr_stream.sinks.source import EPOCH, OFFSET, PARTITION
from kpr_stream.sinks.tables import with_history
from tests.support.sink_records import Incoming

ROWS: Final = 60_000
EPOCH_ONE: Final = 1
TABLE: Final = "plain"
SCHEMA: Final = "bench"

Batches = Sequence[Sequence[Incoming]]


async def sinks(settings: Settings, rounds: int, rows: int = ROWS) -> dict[str, Any]:
    """Return rows a second of each way, the median of interleaved rounds, and ratios to COPY."""
    records = batches(rows)
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, way in WAYS.items():
            await fresh_database(settings)
            await prepare(settings)
            began = perf_counter()
            await way(settings, records)
            seconds[name].append(perf_counter() - began)
    speeds = {name: rows / median(taken) for name, taken in seconds.items()}
    copied = speeds["copy_loop"]
    return {
        "rows": rows,
        "rows_a_second": {name: round(speed) for name, speed in speeds.items()},
        "ratio_to_copy_loop": {name: round(speed / copied, 2) for name, speed in speeds.items()},
    }


async def _row_inserts(settings: Settings, records: Batches) -> None:
    places = ", ".join(f"${n + 1}" for n in range(len(MIRROR.column_names)))
    names = ", ".join(MIRROR.column_names)
    connection = await _connect(settings)
    try:
        insert = await connection.prepare(
            f"INSERT INTO {SCHEMA}.{TABLE} ({names}) VALUES ({places})"  # noqa: S608 - own names
        )
        for batch in records:
            async with connection.transaction():
                for record in batch:
                    await insert.fetch(*row_of(record))
    finally:
        await connection.close()


async def _copy_loop(settings: Settings, records: Batches) -> None:
    connection = await _connect(settings)
    try:
        for batch in records:
            await connection.copy_records_to_table(
                TABLE,
                schema_name=SCHEMA,
                columns=MIRROR.column_names,
                records=[row_of(record) for record in batch],
            )
    finally:
        await connection.close()


async def _content_sink(settings: Settings, records: Batches) -> None:
    await write_batches(settings, MIRROR, decoded(MIRROR, records))


async def _without_history(settings: Settings, records: Batches) -> None:
    table = with_history(MIRROR, history=False)
    await write_batches(settings, table, decoded(table, records))


WAYS: Final[dict[str, Callable[[Settings, Batches], Awaitable[None]]]] = {
    "row_inserts": _row_inserts,
    "copy_loop": _copy_loop,
    "content_sink_without_history": _without_history,
    "content_sink": _content_sink,
}


def row_of(record: Incoming) -> list[Any]:
    """Return the values of a record's row, in the order of the columns."""
    fields = wire.decode(NAME, record.value or b"")
    fields |= {EPOCH: EPOCH_ONE, PARTITION: LANE, OFFSET: record.offset}
    return [fields[name] for name in MIRROR.column_names]


async def _connect(settings: Settings) -> asyncpg.Connection:
    return await asyncpg.connect(postgres_dsn(settings, "content_sink").get_secret_value())
