"""Measure the sink's database part: rows a second against COPY of the same bytes alone.

    python -m bench.sink_rows [--rows 200000] [--rounds 3]

The ways take the same batches in turn: COPY into a table without index, the mirror (the main
table), the mirror with history and all triggers as the sink writes it, and that with a stored table
of measurements, which the database has as a view. Further ways lack one part each, so that its cost
shows. Decoding is measured beside them: a running sink decodes a batch while the database writes
the one before. Then the same questions are asked of view and table. Compare the ratios: seconds
depend on the machine. Writes bench/results/sink_rows.json.
"""

# ruff: noqa: S608 - names of our own

from __future__ import annotations

import argparse
import asyncio
import io
import json
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final
from uuid import uuid5

import asyncpg
import psutil

from bench.encoder import NAME, cleaned_records
from bench.end_to_end import fresh_database
from bench.machine import machine
from kpr_stream.database.access import postgres_dsn
from kpr_stream.model.header import HeaderStatus
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from kpr_stream.sinks.batch import TableWrite, write_of
from kpr_stream.sinks.position import Position, step
from kpr_stream.sinks.reader import FETCH_RECORDS
from kpr_stream.sinks.statements import staging_name
from kpr_stream.sinks.store import SinkStore
from kpr_stream.sinks.tables import SinkKind, SinkTable, sink, with_history
from tests.support.sink_records import Incoming, headers, key_of
from tests.support.stack import one_stack

RESULTS: Final = Path(__file__).parent / "results" / "sink_rows.json"
LANE: Final = 3
START: Final = Position(
    next_offset=0, epoch=1, rebuild_until=None, noted_at=datetime(2026, 1, 1, tzinfo=UTC)
)
CONTENT: Final = sink(SinkKind.CONTENT)
MIRROR: Final = CONTENT.tables[0]
MEASUREMENTS: Final = """
SELECT consultation_key, kind, value, unit, reason_not_measured, z, z_reference, z_flag
FROM {source} CROSS JOIN LATERAL (VALUES
    ('weight', weight_g, 'g', weight_reason_not_measured, weight_z, weight_z_reference,
        weight_z_flag),
    ('length', length_mm, 'mm', length_reason_not_measured, length_z, length_z_reference,
        length_z_flag),
    ('head_circumference', head_circumference_mm, 'mm', head_circumference_reason_not_measured,
        head_circumference_z, head_circumference_z_reference, head_circumference_z_flag)
) AS m (kind, value, unit, reason_not_measured, z, z_reference, z_flag)
WHERE status = 'live' AND (value IS NOT NULL OR reason_not_measured IS NOT NULL)
"""
QUESTIONS: Final = {
    "all_by_kind": "SELECT kind, count(*), avg(z) FROM {measurements} GROUP BY kind",
    "one_consultation": "SELECT * FROM {measurements} WHERE consultation_key = '{key}'",
}
GOALS: Final = {"mirror": 50_000, "with_history": 30_000}
"""Rows a second that one core of the database must write."""
_INDEXES: Final = "DROP INDEX content.consultation_person, content.consultation_unit_day, "
WITHOUT: Final = {
    "mirror_without_further_indexes": _INDEXES + "content.consultation_source",
    "with_history_without_trigger_of_rights": (
        "DROP TRIGGER apply_rights ON content.consultation_version"
    ),
    "with_history_without_index_of_persons": "DROP INDEX content.consultation_version_person",
}
"""What each of these ways lacks."""
VIEW: Final = "bench.as_view"
STORED: Final = "bench.stored"

Way = Callable[[Settings, Sequence[TableWrite], Sequence[TableWrite]], Awaitable[float]]
"""Writes the batches, decoded without and with history; returns the server's CPU seconds."""


def main() -> None:
    """Measure, print and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, one_stack(Path(folder)) as settings:
        found = asyncio.run(measure(settings, options.rows, options.rounds))
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(json.dumps(found, indent=2))


async def measure(settings: Settings, rows: int, rounds: int) -> dict[str, Any]:
    """Return rows a second of each way, their ratios to COPY alone, and the questions' times."""
    records = batches(rows)
    plain_table = with_history(MIRROR, history=False)
    seconds: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    own: dict[str, list[float]] = {}
    for _ in range(rounds):
        plain = _timed(own, "decode_mirror", lambda: decoded(plain_table, records))
        full = _timed(own, "decode_with_history", lambda: decoded(MIRROR, records))
        for name, way in WAYS.items():
            await fresh_database(settings)
            await prepare(settings, WITHOUT.get(name, ""))
            began = perf_counter()
            spent = await way(settings, plain, full)
            seconds.setdefault(name, []).append(perf_counter() - began)
            cpu.setdefault(name, []).append(spent)
    speeds = {name: rows / median(taken) for name, taken in seconds.items()}
    alone = speeds["copy_alone"]
    server = _each(cpu, rows)
    return {
        "machine": machine(),
        "rows": rows,
        "rounds": rounds,
        "rows_a_second": {name: round(speed) for name, speed in speeds.items()},
        "ratio_to_copy_alone": {name: round(speeds[name] / alone, 3) for name in WAYS},
        "server_cpu_microseconds_a_row": server,
        "cpu_ratio_to_copy_alone": {
            name: round(median(a / b for a, b in zip(taken, cpu["copy_alone"], strict=True)), 2)
            for name, taken in cpu.items()
        },
        "goals": {
            name: {
                "rows_a_second": goal,
                "by_one_core": round(1e6 / server[name]),
                "met": 1e6 / server[name] >= goal,
            }
            for name, goal in GOALS.items()
        },
        "own_cpu_microseconds_a_row": _each(own, rows),
        "questions_ms": await _questions(settings),
    }


def _each(spent: dict[str, list[float]], rows: int) -> dict[str, float]:
    return {name: round(1e6 * median(taken) / rows, 1) for name, taken in spent.items()}


def _timed(
    spent: dict[str, list[float]], name: str, work: Callable[[], list[TableWrite]]
) -> list[TableWrite]:
    began = process_time()
    found = work()
    spent.setdefault(name, []).append(process_time() - began)
    return found


def batches(rows: int) -> list[list[Incoming]]:
    """Return encoded consultations as a sink fetches them."""
    templates = cleaned_records()
    ledger = headers(status=HeaderStatus.LIVE)
    records = []
    for n in range(rows):
        key = uuid5(key_of(0), str(n))
        made = {**templates[n % len(templates)], f"{NAME}_key": key.hex}
        records.append(Incoming(LANE, n, key.bytes, wire.encode(NAME, made), ledger, n))
    return [records[at : at + FETCH_RECORDS] for at in range(0, rows, FETCH_RECORDS)]


def decoded(table: SinkTable, records: Sequence[Sequence[Incoming]]) -> list[TableWrite]:
    """Return what each batch writes to a table."""
    return [write_of(table, batch, {LANE: 1}) for batch in records]


async def prepare(settings: Settings, without: str = "") -> None:
    """Make the tables of the measurements in an empty database; ``without`` takes a part away."""
    owner = await asyncpg.connect(postgres_dsn(settings, "kpr_owner").get_secret_value())
    try:
        await owner.execute(
            "DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench; "
            f"CREATE TABLE bench.plain (LIKE {MIRROR.full_name}); "
            f"CREATE VIEW {VIEW} WITH (security_barrier) AS "
            f"{MEASUREMENTS.format(source=MIRROR.full_name)}; "
            f"CREATE TABLE {STORED} (LIKE {VIEW}, PRIMARY KEY (consultation_key, kind)); "
            "GRANT USAGE ON SCHEMA bench TO content_sink; "
            "GRANT ALL ON ALL TABLES IN SCHEMA bench TO content_sink"
        )
        if without:
            await owner.execute(without)
    finally:
        await owner.close()


async def _copy_alone(
    settings: Settings, plain: Sequence[TableWrite], _: Sequence[TableWrite]
) -> float:
    connection = await asyncpg.connect(postgres_dsn(settings, "content_sink").get_secret_value())
    try:
        began = _server_cpu(connection)
        for write in plain:
            await connection.copy_to_table(
                "plain",
                schema_name="bench",
                source=io.BytesIO(write.csv),
                columns=MIRROR.column_names,
                format="csv",
            )
        return _server_cpu(connection) - began
    finally:
        await connection.close()


def _server_cpu(connection: asyncpg.Connection) -> float:
    times = psutil.Process(connection.get_server_pid()).cpu_times()
    return float(times.user + times.system)


async def _mirror(
    settings: Settings, plain: Sequence[TableWrite], _: Sequence[TableWrite]
) -> float:
    return await write_batches(settings, with_history(MIRROR, history=False), plain)


async def _history(
    settings: Settings, _: Sequence[TableWrite], full: Sequence[TableWrite]
) -> float:
    return await write_batches(settings, MIRROR, full)


async def _history_and_measurements(
    settings: Settings, _: Sequence[TableWrite], full: Sequence[TableWrite]
) -> float:
    staged = MEASUREMENTS.format(source=staging_name(MIRROR))
    return await write_batches(settings, MIRROR, full, also=f"INSERT INTO {STORED} {staged}")


WAYS: Final[dict[str, Way]] = {
    "copy_alone": _copy_alone,
    "mirror": _mirror,
    "with_history": _history,
    "with_history_and_stored_measurements": _history_and_measurements,
    "mirror_without_further_indexes": _mirror,
    "with_history_without_trigger_of_rights": _history,
    "with_history_without_index_of_persons": _history,
}


class _StoreWithMore(SinkStore):
    """A store that runs one more statement in the transaction of each batch."""

    also = ""

    @property
    def server_cpu(self) -> float:
        """Return the CPU seconds of this session's server process."""
        return _server_cpu(self._open)

    async def _write_table(self, connection: asyncpg.Connection, write: TableWrite) -> None:
        await super()._write_table(connection, write)
        if self.also:
            await connection.execute(self.also)


async def write_batches(
    settings: Settings, table: SinkTable, writes: Sequence[TableWrite], also: str = ""
) -> float:
    """Write batches as the sink does; return the server's CPU seconds."""
    store = _StoreWithMore(settings, replace(CONTENT, tables=(table,)))
    store.also = also
    await store.open()
    try:
        position, began = START, store.server_cpu
        await store.place(table.topic, LANE, position)
        for write in writes:
            move = step(table.topic, LANE, position, position.next_offset + write.rows)
            await store.write([write], [move])
            position = replace(position, next_offset=move.next_offset)
        return store.server_cpu - began
    finally:
        await store.close()


async def _questions(settings: Settings) -> dict[str, dict[str, float]]:
    owner = await asyncpg.connect(postgres_dsn(settings, "kpr_owner").get_secret_value())
    try:
        await owner.execute(f"ANALYZE {MIRROR.full_name}; ANALYZE {STORED}")
        key = await owner.fetchval(f"SELECT {NAME}_key FROM {MIRROR.full_name} OFFSET 99 LIMIT 1")
        found: dict[str, dict[str, float]] = {}
        for name, question in QUESTIONS.items():
            for measurements in (VIEW, STORED):
                asked = question.format(measurements=measurements, key=key)
                taken = []
                for _ in range(5):
                    began = perf_counter()
                    await owner.fetch(asked)
                    taken.append(1000 * (perf_counter() - began))
                found.setdefault(name, {})[measurements] = round(median(taken), 2)
        return found
    finally:
        await owner.close()


if __name__ == "__main__":
    main()
